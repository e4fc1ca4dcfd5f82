import { CommanderError } from 'commander';
import { InputError } from '../input/input-error.ts';
import { callProgram } from './program.ts';
import { run } from './run-command.ts';
import { UsageError } from '../usage-error.ts';

const badUsage = 2;

/**
 * The whole program, but for its signals.
 *
 * @returns 0 when all went well, 1 when a job failed, 2 when the command line or the job file is wrong.
 */
export async function jobd(argv: readonly string[]): Promise<number> {
  try {
    return await callProgram(argv, { run });
  } catch (error) {
    // Commander has written its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : badUsage;
    if (!(error instanceof InputError || error instanceof UsageError)) throw error;
    process.stderr.write(`${error instanceof UsageError ? 'jobd: ' : ''}${error.message}\n`);
    return badUsage;
  }
}
