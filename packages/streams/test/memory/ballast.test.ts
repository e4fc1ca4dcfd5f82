import { expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { addBallast } from '../../src/memory/ballast.ts';

const root = join(import.meta.dirname, '../../../..');

// It runs in a process that does nothing else, and counts the collections of V8's young generation: first for chunks that are
// dropped at once, and then for as many that go through a buffer.
const PROGRAM = `
  import { constants, PerformanceObserver } from 'node:perf_hooks';
  import { ReceiveBuffer } from './src/lowlevel.ts';
  let collections = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) {
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) collections++;
    }
  }).observe({ entryTypes: ['gc'] });
  const count = async (drop) => {
    const before = collections;
    for (let i = 0; i < 20_000; i++) {
      drop(Buffer.allocUnsafeSlow(65_536));
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    return collections - before;
  };
  const buffer = new ReceiveBuffer({ describe: () => 'the source', resume: () => {} }, 1024);
  const atOnce = await count(() => {});
  const received = await count((chunk) => {
    buffer.push(chunk);
    buffer.takeAll();
  });
  console.log(JSON.stringify({ atOnce, received }));
`;

it('chunks that have been received make V8 collect garbage more often', () => {
  const bundle = execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/esbuild/bin/esbuild'),
      ...['--bundle', '--platform=node', '--format=esm', '--loader=ts', '--conditions=@tercet/source'],
    ],
    { cwd: join(root, 'packages/streams'), input: PROGRAM, stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const counted = execFileSync(process.execPath, ['--input-type=module'], { input: bundle, encoding: 'utf8' });
  const { atOnce, received } = JSON.parse(counted) as { readonly atOnce: number; readonly received: number };
  // The ballast of 20,000 chunks of 64 KiB is 160 MB of garbage.
  expect(received).toBeGreaterThan(atOnce + 20);
});

it('malloc is made to keep freed memory once in a process', () => {
  const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow');
  try {
    for (let received = 0; received < 4; received++) addBallast(256 * 1024);
    expect(allocate).toHaveBeenCalledTimes(1);
  } finally {
    allocate.mockRestore();
  }
});
