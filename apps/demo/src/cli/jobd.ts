import type { Event } from '@tercet/sync';
import { CommanderError } from 'commander';
import { ClientError } from '../client/client-error.ts';
import { InputError } from '../input/input-error.ts';
import { callProgram } from './program.ts';
import { cancel, list, submit, tail } from './client-commands.ts';
import { run } from './run-command.ts';
import { serve } from './serve-command.ts';
import { UsageError } from '../usage-error.ts';

const badUsage = 2;

/**
 * The whole program, but for its signals.
 *
 * @param stopRequest is set when a daemon is to come to an end.
 * @returns 0 when all went well, 1 when a job failed, 2 when the command line or the job file is wrong.
 */
export async function jobd(argv: readonly string[], stopRequest: Event): Promise<number> {
  try {
    return await callProgram(argv, {
      run,
      serve: (config) => serve(config, stopRequest),
      submit,
      list,
      cancel,
      tail,
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
  process.stderr.write(`${text}\n`);
  return exitCode;
}
