// A guard against hot paths that become expensive, without a clock: what an operation allocates hardly depends on the
// machine. Each is measured in a process of its own, with a young generation so large that nothing is collected meanwhile.
import { expect, test } from '@jest/globals';
import { runProgram } from './run-program.ts';

interface Operation {
  readonly name: string;
  /** Bytes, with a sixth to spare: before Node 24, where each promise is heavier, and since. */
  readonly atMost: readonly [before24: number, since24: number];
  /** Statements that do it once; `sender`, `receiver`, `queue`, `resolved` and `nothing` are at hand. */
  readonly once: string;
}

const operations: readonly Operation[] = [
  { name: 'a checkpoint', atMost: [670, 350], once: 'await checkpoint();' },
  {
    name: 'an item through a channel with room',
    atMost: [1020, 535],
    once: 'await sender.send(1); await receiver.receive();',
  },
  {
    name: 'a wait that is woken',
    atMost: [1025, 655],
    once: 'const woken = queue.wait(undefined); queue.wakeFirst(1); await woken;',
  },
  {
    name: 'a wait that is cancelled',
    atMost: [3510, 3040],
    once: 'await new CancelScope().run((scope) => { const ended = queue.wait(undefined); scope.cancel(); return ended; });',
  },
  {
    name: 'a scope, entered and left',
    atMost: [1990, 1520],
    once: 'await new CancelScope().run(() => resolved);',
  },
  { name: 'a timeout that never comes', atMost: [2650, 1700], once: 'await moveOnAfter(1000, () => resolved);' },
  {
    name: 'a nursery with one task',
    atMost: [4380, 3130],
    once: 'await openNursery((nursery) => void nursery.startSoon(nothing));',
  },
];

const since24 = Number.parseInt(process.versions.node, 10) >= 24;

test.each(operations)('$name allocates no more than it used to', ({ once, atMost }) => {
  const bytes = bytesPerOperation(once);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(atMost[since24 ? 1 : 0]);
});

function bytesPerOperation(once: string): number {
  const program = `
    import { CancelScope, checkpoint, moveOnAfter, openNursery, run } from '@tercet/core';
    import { WaitQueue } from '@tercet/core/lowlevel';
    import { openMemoryChannel } from '@tercet/sync';
    const resolved = Promise.resolve();
    const nothing = () => undefined;
    await run(async () => {
      const [sender, receiver] = openMemoryChannel(1);
      const queue = new WaitQueue('an item');
      const often = async (count) => { for (let i = 0; i < count; i++) { ${once} } };
      await often(20_000);
      gc();
      const before = process.memoryUsage().heapUsed;
      await often(5_000);
      console.log((process.memoryUsage().heapUsed - before) / 5_000);
    });`;
  const flags = ['--expose-gc', '--max-semi-space-size=128', '--min-semi-space-size=128'];
  return Number(runProgram(...flags, '--input-type=module', '-e', program));
}
