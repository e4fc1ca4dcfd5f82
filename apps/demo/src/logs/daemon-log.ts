import { pino, type DestinationStream, type Logger } from 'pino';
import { printableJson } from '../text/printable.ts';
import { currentConnection, currentJob, currentRun } from './context.ts';

export type DaemonLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'level'>;

/** One JSON object per line, each with the run, the job and the connection that it is about. */
export function openDaemonLog(destination: DestinationStream, level: string): DaemonLog {
  const mixin = (): object => ({
    connection: currentConnection.get(undefined),
    run: currentRun.get(undefined),
    job: currentJob.get(undefined),
  });
  // JSON does not escape all characters that control a terminal.
  const safe = { write: (line: string) => destination.write(printableJson(line)) };
  return pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, mixin }, safe);
}
