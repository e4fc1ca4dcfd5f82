import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '@tercet/core';
import { redisBackend } from '@tercet/parallel/engine';
import { errorOf } from '../jobs.ts';
import { engineContract } from './contract.ts';
import { RedisServer } from './redis-server.ts';
import { WorkerPrograms } from './worker-programs.ts';

const LOCK = 1000;
const CHECK = 300;

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.end());

let worlds = 0;

engineContract('Redis', async (body) => {
  const prefix = `test${worlds++}`;
  const backend = redisBackend({ connection: { path: server.path }, prefix, lock: LOCK, check: CHECK });
  const programs = new WorkerPrograms(server.path);
  try {
    await run(() =>
      body({
        backend,
        lockAndCheck: LOCK + CHECK,
        async startProgram() {
          const program = await programs.start('programs', { lock: LOCK, check: CHECK, concurrency: 4, prefix });
          return { kill: () => program.kill('SIGKILL') };
        },
        async cut() {
          await server.stop();
          return () => server.resume();
        },
      }),
    );
  } finally {
    await programs.end();
  }
});

describe('an engine on Redis', () => {
  it('P71: a Redis that is not there is an error when it is opened, and says why', () =>
    run(async () => {
      const backend = redisBackend({ connection: { path: `${server.path}-none` }, connectTimeout: 200 });
      const error = await errorOf(backend.openCaller('q', { ended() {}, progress() {}, problem() {} }));
      expect(error.message).toMatch(/^Redis could not be reached within 200 ms: connect ENOENT/);
      expect(error.cause.code).toBe('ENOENT');
    }));
});
