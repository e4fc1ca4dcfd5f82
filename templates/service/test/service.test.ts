import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abandonable, openNursery, run } from '@tercet/core';
import { openService } from '../src/service.js';

test('the service answers, and ends when it is shut down', () =>
  // Real sockets need real time, so this is `run` and not `testRun`.
  run(() =>
    openNursery(async (nursery) => {
      const port = await nursery.start<number>((taskStatus) => openService({ port: 0, taskStatus }));
      const health = await abandonable(fetch(`http://localhost:${port}/health`));
      assert.deepEqual(await abandonable(health.json()), { healthy: true });
      const other = await abandonable(fetch(`http://localhost:${port}/nothing`));
      assert.equal(other.status, 404);
      nursery.cancelScope.shutdown();
    }),
  ));
