import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { daemonTest, RawClient, until } from './daemon-process.ts';
import { writeJobFile } from './jobd-process.ts';

const jobs = 500;
const tails = 1_000;

it(
  'a thousand tails of five hundred jobs, sixteen at a time, get every line',
  daemonTest({ concurrency: 16 }, async ({ jobd, process, socket }, folder) => {
    const gate = { run: 'until [ -e go ]; do sleep 0.05; done' };
    const numbered = Array.from({ length: jobs }, (_, n) => [
      `job-${n}`,
      { run: `echo one ${n}; echo two ${n}`, needs: ['gate'] },
    ]);
    await jobd(['submit', writeJobFile(folder, { concurrency: 16, jobs: { gate, ...Object.fromEntries(numbered) } })]);

    const clients = Array.from({ length: tails }, (_, n) => {
      const request = { jobd: 1, id: String(n), op: 'tail', job: `1/job-${n % jobs}` };
      return new RawClient(socket, `${JSON.stringify(request)}\n`);
    });
    try {
      await until(() => clients.every(({ isOpen }) => isOpen));
      writeFileSync(join(folder, 'go'), '');
      await until(() => clients.every((client) => client.received.includes('"result"')));
      const lines = clients.map((client) =>
        client.answers().map(({ event }) => (event as { line?: string } | undefined)?.line),
      );
      expect(lines).toEqual(clients.map((_, n) => [`one ${n % jobs}`, `two ${n % jobs}`, undefined]));
      // Node itself takes about 50 MB; a thousand unused buffers for slow readers must cost almost nothing.
      expect(megabytesOf(process.pid)).toBeLessThan(300);
    } finally {
      for (const client of clients) client[Symbol.dispose]();
    }
  }),
);

/** The memory of a process, where the system reports it. */
function megabytesOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return 0;
  }
}
