import { appendFileSync } from 'node:fs';
import { sleep } from '@tercet/core';
import { memoryBackend, serveJobs } from '@tercet/parallel/engine';
import { testRun } from '@tercet/testing';
import { engineContract } from './contract.ts';

const LOCK = 30_000;

engineContract('in memory', (body) =>
  testRun(async () => {
    const backend = memoryBackend({ lock: LOCK });
    await body({
      backend,
      lockAndCheck: LOCK,
      async startProgram(nursery) {
        nursery.startSoon(() => serveJobs({ backend, queue: 'programs', jobs: { note } }));
        await sleep(1);
        return { kill: () => backend.loseWorkers() };
      },
      cut: async () => {
        backend.disconnect();
        return async () => {
          await sleep(5000);
          backend.reconnect();
        };
      },
    });
  })(),
);

async function note(file: string, text: string, milliseconds: number): Promise<string> {
  appendFileSync(file, `begin ${text}\n`);
  await sleep(milliseconds);
  appendFileSync(file, `end ${text}\n`);
  return text;
}
