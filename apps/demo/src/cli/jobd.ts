import { CommanderError } from 'commander';
import { ClientError } from '../client/client-error.ts';
import { InputError } from '../input/input-error.ts';
import { printableLines } from '../text/printable.ts';
import { UsageError } from '../input/usage-error.ts';
import { callProgram } from './program.ts';

const badUsage = 2;
const clientCommands = (): Promise<typeof import('./client-commands.ts')> => import('./client-commands.ts');

/**
 * The whole program, except for its signals.
 *
 * @returns 0 when all went well, 1 when a job failed, 2 when the command line or the job file is wrong.
 */
export async function jobd(argv: readonly string[]): Promise<number> {
  try {
    // Each command loads what it needs: a client does not wait for the daemon's libraries.
    return await callProgram(argv, {
      run: async (...args) => (await import('./run-command.ts')).run(...args),
      serve: async (...args) => (await import('./serve-command.ts')).serve(...args),
      submit: async (...args) => (await clientCommands()).submit(...args),
      list: async (...args) => (await clientCommands()).list(...args),
      cancel: async (...args) => (await clientCommands()).cancel(...args),
      tail: async (...args) => (await clientCommands()).tail(...args),
    });
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : badUsage;
    if (error instanceof InputError) return explain(error.message, badUsage);
    if (error instanceof UsageError) return explain(`jobd: ${error.message}`, badUsage);
    if (error instanceof ClientError) return explain(`jobd: ${error.message}`, 1);
    throw error;
  }
}

function explain(text: string, exitCode: number): number {
  process.stderr.write(`${printableLines(text)}\n`);
  return exitCode;
}
