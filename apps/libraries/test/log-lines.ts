import { ContextVar } from '@tercet/context';
import { openNursery, sleep } from '@tercet/core';
import { pino } from 'pino';
import type { Logger } from 'pino';

/** The id of a request, which every line of its log shows. */
export const requestId: ContextVar<string> = new ContextVar<string>('request id', { default: 'none' });

export interface LogLine {
  readonly requestId: string;
  readonly user: string;
  readonly msg: string;
}

/** A logger of pino that puts the id of the request into each line, and the lines that it has written. */
export function openLog(): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as LogLine);
  const log = pino({ base: null, mixin: () => ({ requestId: requestId.get() }) }, { write });
  return { log, lines };
}

/** Answers a request: it logs in its own task, in tasks that it starts, and after them; each waits a while. */
export async function greet(log: Logger, user: string): Promise<string> {
  log.info({ user }, 'begins');
  await openNursery((nursery) => {
    for (const part of ['profile', 'settings']) {
      nursery.startSoon(async () => {
        await sleep(Math.random() * 5);
        log.info({ user }, part);
      });
    }
  });
  log.info({ user }, 'ends');
  return `hello ${user}`;
}

/** The faults in the lines of `count` requests: none when each request has its four lines with its own id. */
export function faultsOf(lines: readonly LogLine[], count: number): string[] {
  const faults: string[] = [];
  const greetings = lines.filter(({ user }) => user !== undefined);
  for (let index = 0; index < count; index++) {
    const user = `user-${index}`;
    const own = greetings.filter((line) => line.user === user);
    if (own.length !== 4) faults.push(`${user}: ${own.length} lines`);
    if (own.some((line) => line.requestId !== `id-${index}`))
      faults.push(`${user}: ${own.map((line) => line.requestId).join(' ')}`);
  }
  return faults;
}
