import { expect, it } from '@jest/globals';
import { seededRandom } from '@tercet/core/lowlevel';
import { hasEnded, isAlive } from '../programs/alive.ts';
import { startProgram } from '../programs/program.ts';

/** How many parents are killed: `npm run soak` asks for many. */
const PARENTS = Number(process.env['TERCET_SOAK'] ?? 300) / 100;

/** Runs random jobs, those that wait as well as those that block their process, for ever. */
const PROGRAM = `
  import { moveOnAfter, openNursery, run } from '@tercet/core';
  import { openWorkers, remote } from '@tercet/parallel';
  const jobs = remote(${JSON.stringify(new URL('../jobs/chaos.mjs', import.meta.url).href)});
  const calls = [
    () => [jobs.echo, 1], () => [jobs.wait, 1000, 1], () => [jobs.compute, 100, 1], () => [jobs.ignore, 1_000_000, 1],
    () => [jobs.exit], () => [jobs.native, 0.1, 1], () => [jobs.fail, 'expected'],
  ];
  console.log('started');
  await run(() => openWorkers({ kind: 'process', max: 3, min: 1, grace: 100, stdio: 'ignore' }, (workers) =>
    openNursery((nursery) => {
      for (let caller = 0; caller < 6; caller++) {
        nursery.startSoon(async () => {
          for (;;) {
            const call = calls[Math.floor(Math.random() * calls.length)]();
            await moveOnAfter(300, () => workers.run(...call).catch((error) => {
              if (error.name === 'Cancelled') throw error;
            }));
          }
        });
      }
    }),
  ));
`;

it(
  `P62: after each of ${PARENTS} parents was killed at a random moment none of its worker processes is left`,
  async () => {
    const random = seededRandom(Number(process.env['TERCET_SEED'] ?? Date.now() % 1_000_000));
    for (let parent = 0; parent < PARENTS; parent++) {
      const program = startProgram(PROGRAM, { detached: true });
      await program.says(/started/);
      await new Promise((resolve) => setTimeout(resolve, random() * 1500));
      const group = -program.child.pid!;
      expect(isAlive(group)).toBe(true);
      program.child.kill('SIGKILL');
      expect(await program.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
      expect(await hasEnded(group)).toBe(true);
    }
  },
  60_000 + PARENTS * 10_000,
);
