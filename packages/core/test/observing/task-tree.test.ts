import { expect, it } from '@jest/globals';
import { CancelScope, moveOnAfter, named, openNursery, sleep, sleepForever } from '@tercet/core';
import { formatTaskTree, ParkingLot, taskTree, waitAllTasksBlocked } from '@tercet/core/lowlevel';
import type { TaskTreeNode } from '@tercet/core/lowlevel';
import { MockClock, testRun } from '@tercet/testing';

const find = (tree: TaskTreeNode, name: string): TaskTreeNode | undefined =>
  tree.name === name ? tree : tree.children.map((child) => find(child, name)).find((found) => found !== undefined);

it(
  'TRC-001: shows the operation of each task, since when it waits, deadlines, shields and cancellations',
  testRun(
    async (clock) => {
      const lot = new ParkingLot('the phone');
      await openNursery(async (nursery) => {
        nursery.startSoon(named('patient', () => moveOnAfter(5000, () => lot.park(), { shield: true })));
        // Real time: only a foreign promise keeps the task busy.
        nursery.startSoon(named('busy', () => new Promise<void>((resolve) => setTimeout(resolve, 30))));
        nursery.startSoon(
          named('parent', () => openNursery((inner) => void inner.startSoon(named('child', sleepForever)))),
        );
        while (lot.size === 0) await sleep(0);
        clock.jump(1200);
        const tree = taskTree();
        const patient = find(tree, 'patient')!;
        expect(patient).toMatchObject({ kind: 'task', shielded: false });
        expect(patient.children).toMatchObject([
          {
            kind: 'scope',
            shielded: true,
            deadlineIn: 3800,
            waiting: [{ what: 'the phone', forMilliseconds: 1200 }],
            children: [],
          },
        ]);
        expect(find(tree, 'busy')!.waiting).toEqual([]);
        expect(find(tree, 'parent')!.children).toMatchObject([{ kind: 'nursery', children: [{ name: 'child' }] }]);
        const text = formatTaskTree(tree);
        expect(text).toMatch(/deadline in 3800 ms, shielded, waiting for the phone since 1\.2 s/);
        expect(text.split('\n')[0]).toMatch(/^task root/);
        nursery.cancelScope.cancel('enough');
        expect(formatTaskTree(taskTree())).toMatch(/nursery, cancelled \(explicit: enough\)/);
        lot.unparkAll();
      });
    },
    { clock: () => new MockClock() },
  ),
);

it(
  'TRC-001: is empty of a task that has ended',
  testRun(async () => {
    await openNursery(async (nursery) => {
      nursery.startSoon(named('quick', () => undefined));
      await waitAllTasksBlocked();
      expect(find(taskTree(), 'quick')).toBeUndefined();
    });
  }),
);

it(
  'G-21: shows 5000 scopes, one inside the other',
  testRun(async () => {
    const nest = (depth: number): Promise<unknown> =>
      depth === 0 ? Promise.resolve(formatTaskTree(taskTree())) : new CancelScope().run(() => nest(depth - 1));
    expect(String(await nest(5000)).split('\n').length).toBeGreaterThan(5000);
  }),
);

it('TRC-001: draws the last child of a node as a corner, and no line below it', () => {
  const node = (name: string, ...children: TaskTreeNode[]): TaskTreeNode => ({
    kind: 'task',
    name,
    id: 0,
    waiting: [],
    shielded: false,
    children,
  });
  const tree = node('root', node('first', node('inner')), node('last', node('innermost')));
  expect(formatTaskTree(tree).split('\n')).toEqual([
    'task root#0',
    '├─ task first#0',
    '│  └─ task inner#0',
    '└─ task last#0',
    '   └─ task innermost#0',
  ]);
});
