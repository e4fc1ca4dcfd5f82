import { describe, expect, it, jest } from '@jest/globals';
import { runProgram } from '../programs/run-program.ts';

jest.setTimeout(60_000);

// These programs do not await at the top level what deadlocks: Bun would never come to the end of its process.
describe('a deadlock', () => {
  it('is found when the process is about to end, and shows the operation in which each task waits', async () => {
    const { code, stdout } = await runProgram(`
      import { run, openNursery, named } from '@tercet/core';
      import { ParkingLot } from '@tercet/core/lowlevel';
      const cleaned: string[] = [];
      const [left, right] = [new ParkingLot('the left fork'), new ParkingLot('the right fork')];
      const philosopher = async (fork: ParkingLot, name: string) => {
        try { await fork.park(); } finally { cleaned.push(name); }
      };
      run(() => openNursery((nursery) => {
        nursery.startSoon(named('plato', () => philosopher(left, 'plato')));
        nursery.startSoon(named('kant', () => philosopher(right, 'kant')));
      }), { name: 'dinner' }).catch((error) => {
        console.log(error.name, cleaned.join(' '));
        console.log(error.message);
      });
    `);
    expect(code).toBe(0);
    const [first, ...rest] = stdout.split('\n');
    expect(first).toBe('DeadlockError plato kant');
    expect(rest.join('\n')).toMatch(/task plato.*waiting for the left fork/);
    expect(rest.join('\n')).toMatch(/task kant.*waiting for the right fork/);
  });

  it('is the source of the cancellation of the tasks, and ends the process with an error', async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { run, shielded, sleep } from '@tercet/core';
      import { suspend } from '@tercet/core/lowlevel';
      void run(async () => {
        try {
          await suspend('a wake-up call', () => () => 'succeeded');
        } catch (error) {
          console.log(error.source);
          await shielded(() => sleep(10));
          console.log('cleaned up');
          throw error;
        }
      });
    `);
    expect(code).toBe(1);
    expect(stdout).toBe('deadlock\ncleaned up\n');
    expect(stderr).toMatch(/DeadlockError: nothing can ever wake this run[^]*task .*waiting for a wake-up call/);
  });

  it('is found also in 5000 nested scopes', async () => {
    const { code, stdout } = await runProgram(`
      import { run, moveOnAfter, CancelScope } from '@tercet/core';
      import { suspend } from '@tercet/core/lowlevel';
      const nest = (depth: number): Promise<unknown> =>
        depth === 0 ? suspend('x', () => () => 'succeeded') : new CancelScope().run(() => nest(depth - 1));
      run(() => nest(5000)).catch((error) => console.log(error.name));
    `);
    expect([code, stdout]).toEqual([0, 'DeadlockError\n']);
  });

  it('is not seen in a run that sleeps for ever, nor in one with a deadline, nor where a foreign timer is awaited', async () => {
    const { code, stdout } = await runProgram(`
      import { run, sleep, sleepForever, moveOnAfter, CancelScope, openNursery } from '@tercet/core';
      import { suspend } from '@tercet/core/lowlevel';
      const wait = () => suspend('x', () => () => 'succeeded');
      await run(() => moveOnAfter(20, wait));
      console.log('deadline');
      await run(() => new Promise((resolve) => setTimeout(resolve, 20)));
      console.log('timer');
      const scope = new CancelScope();
      setTimeout(() => scope.cancel(), 50).unref();
      await run(() => scope.run(sleepForever));
      console.log('sleepForever');
    `);
    expect([code, stdout]).toEqual([0, 'deadline\ntimer\nsleepForever\n']);
  });

  it('is found by each of two runs', async () => {
    const { code, stdout } = await runProgram(`
      import { run } from '@tercet/core';
      import { suspend } from '@tercet/core/lowlevel';
      const wait = () => run(() => suspend('x', () => () => 'succeeded'));
      void Promise.allSettled([wait(), wait(), wait()]).then((ends) => {
        console.log(ends.map(({ reason }) => reason.name).join(' '));
      });
    `);
    expect([code, stdout]).toEqual([0, 'DeadlockError DeadlockError DeadlockError\n']);
  });

  it('is not seen in a run that begins when the process is about to end, nor in one that is woken then', async () => {
    const { code, stdout } = await runProgram(`
      import { run, openNursery, sleep } from '@tercet/core';
      import { suspend } from '@tercet/core/lowlevel';
      const soon = (fn: () => void): void => void setTimeout(fn, 20);
      const report = (name: string, ended: Promise<unknown>): void =>
        void ended.then(() => console.log(name, 'ended'), (error) => console.log(name, error.name));
      let wake: (() => void) | undefined;
      const wait = () => suspend('x', (waker) => { wake = () => waker.wake(undefined); return () => 'succeeded'; });
      process.once('beforeExit', () => {
        wake!();
        report('begun', run(() => openNursery((nursery) => {
          nursery.startSoon(() => suspend('y', (waker) => { soon(() => waker.wake(undefined)); return () => 'succeeded'; }));
        })));
      });
      report('stuck', run(() => suspend('z', () => () => 'succeeded')));
      report('woken', run(async () => { await wait(); await new Promise<void>(soon); }));
    `);
    expect([code, stdout.split('\n').sort().join(' ')]).toEqual([0, ' begun ended stuck DeadlockError woken ended']);
  });

  it('behind a shield is reported once, and then the process ends', async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { openNursery, run, shielded } from '@tercet/core';
      void run(() => shielded(() => openNursery((nursery) => {
        const handle = nursery.startSoon(async function narcissus() { await handle.join(); });
      })));
    `);
    expect([code, stdout]).toEqual([0, '']);
    const [, ...warnings] = stderr.split('TercetDeadlock');
    expect(warnings).toEqual([expect.stringMatching(/behind a shield[^]*waiting for end of task narcissus/)]);
  });
});

describe('a missing await', () => {
  it('is reported as such, and the operations that it leaves behind do not end the process', async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { run, sleep, checkpoint } from '@tercet/core';
      const work = async () => { try { await sleep(1000); } finally { console.log('cleanup'); } };
      await run(async () => { work(); await checkpoint(); }).catch((error) => console.log(error.name, error.operations.join()));
      await new Promise((resolve) => setTimeout(resolve, 20));
      console.log('goes on');
    `);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'cleanup\nUnawaitedError sleep\ngoes on\n',
      stderr: '',
    });
  });

  it('is the first line of the output when no code catches it', async () => {
    const { code, stderr } = await runProgram(`
      import { run, sleep, checkpoint } from '@tercet/core';
      const work = async () => { await sleep(1000); };
      await run(async () => { work(); await checkpoint(); });
    `);
    expect(code).toBe(1);
    expect(stderr).toMatch(/UnawaitedError: .*sleep/);
  });
});

it('RUN-160: run(main()) names the right call, not the error of main', async () => {
  const { code, stderr } = await runProgram(`
    import { run, sleep } from '@tercet/core';
    async function main() { await sleep(10); }
    await run(main());
  `);
  expect(code).toBe(1);
  expect(stderr).toMatch(/TypeError: run\(\) takes a function.*Write run\(work\)/);
});

it('does not end because of a Cancelled of a promise that is no longer awaited, but ends because of other errors', async () => {
  const well = await runProgram(`
    import { run, sleep, moveOnAfter, openNursery } from '@tercet/core';
    const work = async () => { await sleep(1000); return 1; };
    await run(() => moveOnAfter(10, async () => { const begun = work(); await sleep(100); return await begun; }));
    await run(() => openNursery(async (nursery) => {
      nursery.startSoon(async () => { await sleep(1); throw new TypeError('shown'); });
      void work();
      await sleep(1000);
    })).catch((error) => console.log(error.errors[0].message));
    await new Promise((resolve) => setTimeout(resolve, 20));
    console.log('goes on');
  `);
  expect(well).toEqual({ code: 0, stdout: 'shown\ngoes on\n', stderr: '' });
  const ill = await runProgram(`
    import { run, sleep, checkpoint } from '@tercet/core';
    const work = async () => { await sleep(1000); };
    const bad = () => run(async () => { void work(); await checkpoint(); });
    setTimeout(() => console.log('must not be reached'), 200);
    const ends = Promise.allSettled([bad(), bad()]);
    void (async () => { for (let i = 0; i < 12; i++) await null; throw new TypeError('a real one'); })();
    await ends;
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log('must not be reached');
  `);
  expect(ill).toMatchObject({ code: 1, stdout: '' });
  expect(ill.stderr).toContain('a real one');
});

it('lets the process end as soon as the run has ended, even if deadlines are left', async () => {
  const { code, stdout } = await runProgram(`
    import { run, failAfter, sleep } from '@tercet/core';
    await run(() => failAfter({ hours: 1 }, () => sleep(1)));
    console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout'));
  `);
  expect([code, stdout]).toEqual([0, '[]\n']);
});

it('shows with TERCET_DEBUG=1 where tasks were spawned and waits begun', async () => {
  const program = `
    import { run, openNursery, sleepForever } from '@tercet/core';
    import { formatTaskTree, taskTree, waitAllTasksBlocked } from '@tercet/core/lowlevel';
    async function waitingHere() { await sleepForever(); }
    await run(() => openNursery(async function spawningHere(nursery) {
      nursery.startSoon(waitingHere);
      await waitAllTasksBlocked();
      console.log(formatTaskTree(taskTree()));
      nursery.cancelScope.cancel();
    }));
  `;
  const { stdout } = await runProgram(program, { TERCET_DEBUG: '1' });
  expect(stdout).toMatch(/task waitingHere/);
  expect(stdout).toMatch(/at (async )?(Object\.)?waitingHere/);
  expect(stdout).toMatch(/at (async )?(Object\.)?spawningHere/);
  const without = await runProgram(program);
  expect(without.stdout).toMatch(/task waitingHere/);
  expect(without.stdout).not.toMatch(/ at /);
});

it('meets another copy of the core in the same process: tasks and Cancelled are known to both', async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { cpSync } from 'node:fs';
    import { fileURLToPath } from 'node:url';
    import * as one from '@tercet/core';
    const copy = new URL('./copy/node_modules/@tercet/core/', import.meta.url);
    cpSync(fileURLToPath(new URL('./node_modules/@tercet/core/', import.meta.url)), fileURLToPath(copy), { recursive: true });
    const two = await import(new URL('dist/index.js', copy).href);
    await one.run(async () => {
      await one.moveOnAfter(10, () => two.sleepForever());
      console.log('slept in both');
      await two.run(() => 1).catch((error) => console.log(error.name));
      await one.moveOnAfter(10, async () => {
        await two.sleepForever().catch((error) => console.log(one.isCancelled(error)));
      });
    });
  `);
  expect([code, stdout, stderr]).toEqual([0, 'slept in both\nStateError\ntrue\n', '']);
});

describe('C-21: a run that waits for ever for a bare foreign promise', () => {
  it.each([
    ['main', 'run(() => new Promise(() => {}))'],
    ['a task', 'run(() => openNursery((n) => void n.startSoon(() => new Promise(() => {}))))'],
    ['a body in a scope', 'run(() => moveOnAfter(1, () => new Promise(() => {})))'],
  ])('C-21: is reported as such, not as shielded: %s', async (_, expression) => {
    const { code, stderr } = await runProgram(`
      import { moveOnAfter, openNursery, run } from '@tercet/core';
      void ${expression};
    `);
    expect(code).toBe(0);
    expect(stderr).toMatch(/TercetDeadlock.*waits for ever, for something that is not Tercet's/);
    expect(stderr).not.toMatch(/shield/);
  });
});

describe('N-6: a scope that was cancelled and whose body waits for something foreign', () => {
  /** A program for which the time of timers flies: what takes seconds is over in a moment. */
  const hurried = (body: string): string => `
    const { setTimeout: later } = globalThis;
    globalThis.setTimeout = (fn, milliseconds) => later(fn, milliseconds / 50);
    const { abortable, moveOnAfter, openNursery, run, shielded, sleep, CancelScope } = await import('@tercet/core');
    const foreign = (milliseconds) => new Promise((resolve) => later(resolve, milliseconds));
    // However long that takes on a loaded machine.
    const untilWarned = () => new Promise((resolve) => {
      const alive = setInterval(() => undefined, 1000);
      process.once('warning', () => resolve(clearInterval(alive)));
    });
    ${body}
  `;

  it('N-6, ER-3: is warned of once, and of the line with TERCET_DEBUG=1', async () => {
    const program = hurried(`
      async function drain() {
        await moveOnAfter(10, () => untilWarned().then(() => foreign(300)));
      }
      await run(drain);
    `);
    const { code, stderr } = await runProgram(program);
    expect(code).toBe(0);
    const [, ...warnings] = stderr.split('TercetOverdueCancellation');
    expect(warnings).toEqual([
      expect.stringMatching(/a scope of task drain#\d+ was cancelled more than 5 s ago \(cancelled due to deadline\)/),
    ]);
    expect(warnings[0]).toMatch(/TERCET_DEBUG=1/);
    const { stderr: withLine } = await runProgram(program, { TERCET_DEBUG: '1' });
    expect(withLine).toMatch(/that began at (file:)?\/.*program-\d+\.mjs:\d+:\d+/);
    expect(withLine.split('TercetOverdueCancellation')).toHaveLength(2);
  });

  it('N-6: in a task of its nursery, too', async () => {
    const { stderr } = await runProgram(
      hurried(`
        await run(() => openNursery(async (nursery) => {
          nursery.startSoon(function stubborn() { return untilWarned(); });
          nursery.cancelScope.cancel('enough');
        }));
      `),
    );
    expect(stderr).toMatch(/a nursery of task \S+ was cancelled more than 5 s ago.*task stubborn#\d+/);
  });

  it('N-6: not while it cleans up behind a shield, nor when it ends in time', async () => {
    const { code, stdout, stderr } = await runProgram(
      hurried(`
        await run(async () => {
          await moveOnAfter(10, async () => {
            try { await sleep(1000); } finally { await shielded(() => foreign(400)); }
          });
          for (let n = 0; n < 20; n++) await moveOnAfter(1, () => foreign(20));
        });
        console.log('ended');
      `),
    );
    expect([code, stdout, stderr]).toEqual([0, 'ended\n', '']);
  });
});

it('a warning that cannot be loaded, because no descriptor is left, does not end the process', async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { spawnSync } from 'node:child_process';
    import { closeSync, openSync } from 'node:fs';
    import { CancelScope, checkpoint, run } from '@tercet/core';
    async function main() {
      const taken = [];
      try { for (;;) taken.push(openSync(process.execPath)); } catch {}
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        for (let times = 0; times < 100_000; times++) await checkpoint().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 50));
      });
      for (const descriptor of taken) closeSync(descriptor);
      console.log('ended');
    }
    if (process.env.LIMITED) await run(main);
    else {
      const { status } = spawnSync('sh', ['-c', 'ulimit -n 64; exec "$0" "$1"', process.execPath, import.meta.filename], {
        env: { ...process.env, LIMITED: '1' },
        stdio: 'inherit',
      });
      process.exitCode = status;
    }
  `);
  expect([code, stdout, stderr]).toEqual([0, 'ended\n', '']);
});

describe('N-9: UnawaitedError', () => {
  const program = `
    import { moveOnAfter, run, sleep } from '@tercet/core';
    async function forgetful() {
      sleep(1000);
    }
    async function outer() {
      await moveOnAfter(1000, async () => {
        sleep(500);
      });
    }
    await run(forgetful).catch((error) => console.log(error.message));
    await run(outer).catch((error) => console.log(error.message));
  `;
  const lineOf = (text: string): number => program.split('\n').findIndex((line) => line.includes(text)) + 1;

  it('N-9, ER-3: names the lines that did not await, with TERCET_DEBUG=1', async () => {
    const { stdout } = await runProgram(program, { TERCET_DEBUG: '1' });
    const [first, second] = stdout.split('\n');
    expect(first).toMatch(/sleep \(at (?:file:)?\/.*program-\d+\.mjs:\d+:\d+\)/);
    expect(second).toMatch(/sleep \(at (?:file:)?\/.*program-\d+\.mjs:\d+:\d+\)/);
    expect(lineOf('sleep(1000)')).toBeGreaterThan(0);
  });

  it('N-9, ER-3: names the line of the scope otherwise, and says how to see more', async () => {
    const { stdout } = await runProgram(program);
    const [first, second] = stdout.split('\n');
    expect(first).toMatch(/task forgetful has ended.*TERCET_DEBUG=1 shows where/);
    expect(second).toMatch(/a cancel scope \(at (?:file:)?\/.*program-\d+\.mjs:\d+:\d+\) has ended/);
  });
});
