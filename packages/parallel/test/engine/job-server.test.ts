import { expect, it } from '@jest/globals';
import { openNursery } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { JobServer } from '../../src/engine/job-server.ts';
import type { EngineDelivery } from '../../src/engine/engine-backend.ts';

it.each([undefined, null, 'text', {}])(
  'P68: a job that something else has put into the queue fails for good, with the payload %p',
  (payload) =>
    testRun(async () => {
      await openNursery(async (nursery) => {
        const served = new Map([['add', { fn: (a: number) => a }]]);
        const server = new JobServer(nursery, {} as never, 'sums', {} as never, served as never);
        const delivery = { id: '1', name: 'add', token: 't', attempt: 1, payload } as unknown as EngineDelivery;
        const answer = await server.run(delivery);
        expect(answer).toMatchObject({ kind: 'failed', final: true });
        expect((answer as { readonly summary: string }).summary).toMatch(/job add has no arguments that can be read/);
        await server.waitForJobs();
      });
    })(),
);
