import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { named, openNursery, type Nursery } from '@tercet/core';
import { openEngine, redisBackend } from '@tercet/parallel/engine';
import type { Daemon } from './daemon.ts';
import { QUEUE } from './daemon-jobs.ts';
import { SharedDaemon } from './shared-daemon.ts';
import type { Runs } from './runs.ts';

/** Runs `body` with a daemon that shares its runs with others, on the Redis at a URL. A Unix socket is `redis+unix:///path`. */
export async function shareRuns(
  url: string,
  local: Daemon,
  runs: Nursery,
  body: (daemon: Runs) => Promise<void>,
): Promise<void> {
  const socket = /^redis\+unix:\/\/(.+)$/.exec(url)?.[1];
  const backend = redisBackend(socket === undefined ? { url } : { connection: { path: socket } });
  const name = `${hostname()}-${randomUUID().slice(0, 8)}`;
  await openEngine({ backend, queue: QUEUE }, (engine) =>
    openNursery(async (waiting) => {
      const daemon = new SharedDaemon({ local, engine, backend, name, nursery: waiting });
      runs.startSoon(named('runs of all daemons', () => daemon.serve()));
      await body(daemon);
      // The runs that were submitted here go on elsewhere.
      waiting.cancelScope.cancel('jobd has stopped');
    }),
  );
}
