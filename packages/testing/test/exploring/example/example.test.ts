import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { explore, ExplorationError, testRun } from '@tercet/testing';
import { Seats as MendedSeats } from './mended-seats.ts';
import { nobodyStands } from './seats-test.ts';
import { Seats } from './seats.ts';

// The worked example of docs/exploring.md.

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../../../../docs/exploring.md');

it('XO-3: the page shows the files of the example', () => {
  for (const file of ['./seats.ts', './seats-test.ts']) expect(page).toContain(`\`\`\`ts\n${read(file)}\`\`\``);
  const mended = read('./mended-seats.ts');
  const method = mended.slice(mended.indexOf('  async reserve'), mended.lastIndexOf('}\n'));
  expect(page).toContain(`\`\`\`ts\n${method}\`\`\``);
});

it('XO-3: the race does not show without exploring', async () => {
  await expect(testRun(() => nobodyStands(new Seats(3)))()).resolves.toBeUndefined();
});

it('XO-3: the race is found, and reported as the page says', async () => {
  const found: unknown = await explore(() => nobodyStands(new Seats(3)), { title: 'nobody stands' }).catch(
    (error: unknown) => error,
  );
  expect(found).toBeInstanceOf(ExplorationError);
  expect(page).toContain(`\`\`\`text\n${(found as ExplorationError).message}\n\`\`\``);
});

it('XO-3: the race is gone once it is mended, in all orders', async () => {
  const mended = (): Promise<void> => nobodyStands(new MendedSeats(3));
  expect(await explore(mended)).toEqual({ runs: 1000, exhausted: false });
  expect(await explore(mended, { strategy: 'exhaustive' })).toEqual({ runs: 11, exhausted: true });
});
