import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CancelScope, openNursery } from '@tercet/core';
import { SystemClock } from '@tercet/core/lowlevel';
import { Path } from '@tercet/fs';
import { testRun } from '@tercet/testing';
import { parseConfig } from '../../src/daemon/config.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import { parseJobFile } from '../../src/job-file/parse-job-file.ts';
import { openDaemonLog } from '../../src/logs/daemon-log.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobd-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Nothing in it can be removed. */
class StubbornPath extends Path {
  override remove(): Promise<void> {
    return Promise.reject(Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS', syscall: 'rm' }));
  }
}

it(
  'R-4: old logs that cannot be removed end neither the daemon nor the jobs of others',
  testRun(
    async () => {
      const lines: Record<string, unknown>[] = [];
      const log = openDaemonLog(
        { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
        'info',
      );
      const reader = { read: async (text: string, path: string) => parseJobFile(text, path) };
      const config = parseConfig('listen: { unix: a }\nkeepRuns: 1', join(folder, 'jobd.yaml'));
      const statuses: unknown[] = [];
      await openNursery(async (nursery) => {
        const logs = new StubbornPath(folder, 'logs');
        const daemon = new Daemon(config, { nursery, log, reader, folder: logs, first: 1 });
        const other = await daemon.submit(
          'jobs: { a: { run: "until [ -e go ]; do sleep 0.01; done" } }',
          join(folder, 'a.yaml'),
        );
        for (let n = 0; n < 3; n++) {
          const run = await daemon.submit('jobs: { a: { run: "true" } }', '/tmp/b.yaml');
          await run.ended.wait();
        }
        await new Path(folder, 'go').touch();
        await other.ended.wait();
        statuses.push(...other.describe().map(({ status }) => status));
        // The numbers of forgotten runs are not given again, although their folders are still there.
        statuses.push((await daemon.submit('jobs: { a: { run: "true" } }', '/tmp/b.yaml')).number);
      });
      expect(statuses).toEqual(['succeeded', 5]);
      const warnings = lines.filter(({ msg }) => msg === 'old logs cannot be removed');
      expect(warnings.length).toBeGreaterThanOrEqual(2);
      expect(warnings[0]).toMatchObject({ level: 40, run: 2, reason: 'Error: EROFS: read-only file system' });
    },
    { clock: () => new SystemClock() },
  ),
);

it(
  'SD-8: a file that is still being read when the daemon is shut down begins no run',
  testRun(async () => {
    const log = openDaemonLog({ write: () => undefined }, 'silent');
    const config = parseConfig('listen: { unix: a }', join(folder, 'jobd.yaml'));
    const scope = new CancelScope();
    const reader = {
      async read(text: string, path: string) {
        scope.shutdown();
        return parseJobFile(text, path);
      },
    };
    const numbers = await scope.run(() =>
      openNursery(async (nursery) => {
        const daemon = new Daemon(config, { nursery, log, reader, folder: new Path(folder, 'logs'), first: 1 });
        await expect(daemon.submit('jobs: { a: { run: "true" } }', '/tmp/a.yaml')).rejects.toMatchObject({
          code: 'shutting-down',
        });
        await daemon.stop();
        return (await daemon.list()).jobs;
      }),
    );
    expect(numbers).toEqual([]);
  }),
);
