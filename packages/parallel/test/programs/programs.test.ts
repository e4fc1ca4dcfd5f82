import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { KINDS, newFile } from '../jobs.ts';
import { hasEnded, isAlive } from './alive.ts';
import { JOBS, startProgram, writeProgramFile } from './program.ts';

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it('P58: the default workers do not keep the process alive, and serve several runs', async () => {
    const { code, stdout } = await startProgram(`
      import { run } from '@tercet/core';
      import { configureDefaultWorkers, runInWorker } from '@tercet/parallel';
      ${JOBS}
      configureDefaultWorkers({ kind: '${kind}' });
      const pids = [];
      for (let index = 0; index < 2; index++) {
        await run(async () => pids.push(await runInWorker(plain.countUp)));
      }
      console.log(pids.join());
    `).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1,2\n' });
  });

  it('P59: when a run ends, none of its jobs is running', async () => {
    const { code, stdout, stderr } = await startProgram(`
      import { openNursery, run } from '@tercet/core';
      import { configureDefaultWorkers, runInWorker } from '@tercet/parallel';
      ${JOBS}
      configureDefaultWorkers({ kind: '${kind}', grace: 50, max: 2 });
      await run(() => openNursery(async (nursery) => {
        nursery.startSoon(() => runInWorker(plain.spin));
        await runInWorker(plain.add, 1, 2);
        nursery.cancelScope.cancel();
      }));
      console.log('ended');
    `).ended;
    // A thread of a busy machine may take so long to end that a warning says it.
    expect({ code, stdout, errors: /Error/.test(stderr) }).toEqual({ code: 0, stdout: 'ended\n', errors: false });
  });

  it('P66: the output of a job is written before its result is returned', async () => {
    const { code, stdout } = await startProgram(`
      import { run } from '@tercet/core';
      import { openWorkers } from '@tercet/parallel';
      ${JOBS}
      await run(() => openWorkers({ kind: '${kind}', max: 1 }, async (workers) => {
        for (let index = 0; index < 5; index++) {
          const answer = await workers.run(plain.say, 'line ' + index);
          process.stdout.write(answer + '\\n');
        }
      }));
    `).ended;
    expect(code).toBe(0);
    expect(stdout).toBe([0, 1, 2, 3, 4].map((index) => `line ${index}\nsaid\n`).join(''));
  });

  it('P66: stdio prefixes the lines of a worker, or drops them', async () => {
    const program = (stdio: string): string => `
      import { run } from '@tercet/core';
      import { openWorkers } from '@tercet/parallel';
      ${JOBS}
      await run(() => openWorkers({ kind: '${kind}', max: 1, stdio: '${stdio}', name: 'mill' }, async (workers) => {
        await workers.run(plain.say, 'one\\ntwo');
      }));
    `;
    const prefixed = await startProgram(program('prefix')).ended;
    expect(prefixed.stdout).toBe(`mill worker ${kind} 1: one\nmill worker ${kind} 1: two\n`);
    const dropped = await startProgram(program('ignore')).ended;
    expect(dropped).toMatchObject({ code: 0, stdout: '' });
  });

  it('a run whose workers are idle can still be seen to be deadlocked', async () => {
    const { code, stdout } = await startProgram(`
      import { run } from '@tercet/core';
      import { suspend } from '@tercet/core/lowlevel';
      import { openWorkers } from '@tercet/parallel';
      ${JOBS}
      try {
        await run(() => openWorkers({ kind: '${kind}', max: 1 }, async (workers) => {
          await workers.run(plain.add, 1, 2);
          await suspend('nothing', () => () => 'succeeded');
        }));
      } catch (error) {
        console.log(error.name);
      }
    `).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'DeadlockError\n' });
  });
});

it('P40: after twice the grace, one warning and the task tree name the function that is in native code', async () => {
  const program = startProgram(`
    import { writeFileSync } from 'node:fs';
    import { CancelScope, openNursery, run } from '@tercet/core';
    import { formatTaskTree, taskTree } from '@tercet/core/lowlevel';
    import { openWorkers } from '@tercet/parallel';
    ${JOBS}
    const file = ${JSON.stringify(newFile())};
    const grace = 300;
    let cancelled;
    await run(() => openWorkers({ max: 1, grace }, async (workers) => {
      await openNursery(async (nursery) => {
        const scope = new CancelScope();
        process.once('warning', () => {
          const took = performance.now() - cancelled;
          nursery.startSoon(() => {
            console.log(formatTaskTree(taskTree()));
            console.log(took >= 2 * grace - 2 ? 'not too early' : 'after ' + took);
            writeFileSync(file, '');
          });
        });
        const onProgress = () => {
          cancelled ??= performance.now();
          scope.cancel();
        };
        await scope.run(() => workers.with({ onProgress }).run(plain.waitInNativeCode, file));
      });
    }));
  `);
  const { code, stdout, stderr } = await program.ended;
  expect(code).toBe(0);
  const warning = /worker thread 1 has been killed, but waitInNativeCode is in native code/g;
  expect(stderr.match(warning)).toHaveLength(1);
  expect(stdout).toMatch(/waitInNativeCode \(started .* in native code and cannot be ended/);
  expect(stdout).toMatch(/not too early/);
});

it.each(['SIGINT', 'SIGTERM'] as const)('P61: worker processes ignore %s', async (signal) => {
  const program = startProgram(`
    import { run } from '@tercet/core';
    import { openWorkers } from '@tercet/parallel';
    ${JOBS}
    await run(() => openWorkers({ kind: 'process', max: 1 }, async (workers) => {
      const pid = await workers.run(plain.pid);
      await workers.run(plain.nothing);
      process.kill(pid, '${signal}');
      console.log(pid === await workers.run(plain.pid));
    }));
  `);
  expect(await program.ended).toMatchObject({ code: 0, stdout: 'true\n' });
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  'P61: when %s goes to all processes of a terminal or a service, the parent decides',
  async (signal) => {
    const cleaned = newFile();
    const program = startProgram(
      `
      import { CancelScope, run } from '@tercet/core';
      import { openWorkers } from '@tercet/parallel';
      ${JOBS}
      const scope = new CancelScope();
      process.on('${signal}', () => scope.cancel());
      await run(() => openWorkers({ kind: 'process', max: 1, grace: Infinity }, async (workers) => {
        const onProgress = () => console.log('begun');
        await scope.run(() => workers.with({ onProgress }).run(tasks.waitAndMake, ${JSON.stringify(cleaned)}));
        console.log(scope.cancelledCaught, workers.statistics().broken);
      }));
      `,
      { detached: true },
    );
    await program.says(/begun/);
    process.kill(-program.child.pid!, signal);
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'begun\ntrue 0\n', stderr: '' });
    expect(existsSync(cleaned)).toBe(true);
  },
);

it.each(['spin', 'nothing'])(
  'P62: when its parent has been killed, a worker process ends that runs %s',
  async (job) => {
    const program = startProgram(`
        import { openNursery, run, sleepForever } from '@tercet/core';
        import { openWorkers } from '@tercet/parallel';
        ${JOBS}
        await run(() => openWorkers({ kind: 'process', max: 1 }, async (workers) => {
          console.log('pid ' + await workers.run(plain.pid) + '.');
          await openNursery((nursery) => {
            const onProgress = () => console.log('begun');
            nursery.startSoon(() => workers.with({ onProgress }).run(plain['${job}']));
            nursery.startSoon(() => workers.with({ onProgress }).run(plain.reportAll, 1));
            nursery.startSoon(sleepForever);
          });
        }));
      `);
    const pid = Number((await program.says(/pid (\d+)\./))[1]);
    await program.says(/begun/);
    expect(isAlive(pid)).toBe(true);
    program.child.kill('SIGKILL');
    expect(await hasEnded(pid)).toBe(true);
    await program.ended;
  },
);

it('P62: when its parent has been killed, a worker process ends that blocks in its init', async () => {
  const program = startProgram(`
    import { run } from '@tercet/core';
    import { openWorkers } from '@tercet/parallel';
    ${JOBS}
    await run(() => openWorkers({ kind: 'process', max: 1, init: plain.prepareForEver }, (workers) => workers.run(plain.pid)));
  `);
  const pid = Number((await program.says(/pid (\d+)\./))[1]);
  expect(isAlive(pid)).toBe(true);
  program.child.kill('SIGKILL');
  expect(await hasEnded(pid)).toBe(true);
  await program.ended;
});

it('configureDefaultWorkers warns when it replaces workers that are used', async () => {
  const { code, stdout, stderr } = await startProgram(`
    import { run } from '@tercet/core';
    import { configureDefaultWorkers, currentDefaultWorkerLimiter, runInWorker } from '@tercet/parallel';
    ${JOBS}
    await run(async () => console.log(await runInWorker(plain.countUp)));
    configureDefaultWorkers({ max: 3 });
    await run(async () => {
      console.log(await runInWorker(plain.countUp));
      console.log(currentDefaultWorkerLimiter().totalTokens);
    });
  `).ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: '1\n1\n3\n' });
  expect(stderr).toMatch(/default workers had been used already/);
});

it('configureDefaultWorkers lets a call end whose worker is starting', async () => {
  const { code, stdout } = await startProgram(`
    import { subscribe } from 'node:diagnostics_channel';
    import { run } from '@tercet/core';
    import { configureDefaultWorkers, runInWorker } from '@tercet/parallel';
    ${JOBS}
    // The worker has started, and has not got the call.
    subscribe('tercet:parallel:worker:started', () => configureDefaultWorkers({ max: 3 }));
    await run(async () => console.log(await runInWorker(plain.add, 1, 2)));
  `).ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: '3\n' });
});

describe('job modules in TypeScript', () => {
  const source = `
    import { currentTime } from '@tercet/core';
    interface Point { readonly x: number; readonly y: number }
    export function norm({ x, y }: Point): number { return Math.hypot(x, y); }
    export async function isInRun(): Promise<boolean> { return currentTime() > 0; }
  `;
  const program = (extension: string): string => `
    import { run } from '@tercet/core';
    import { openWorkers, remote } from '@tercet/parallel';
    const jobs = remote(new URL('./points.${extension}', import.meta.url));
    for (const kind of ['thread', 'process']) {
      await run(() => openWorkers({ kind, max: 1 }, async (workers) => {
        console.log(await workers.run(jobs.norm, { x: 3, y: 4 }), await workers.run(jobs.isInRun));
      }));
    }
  `;
  it('run as they are, where Node strips types', async () => {
    writeProgramFile('points.mts', source);
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const stripsTypes = major >= 24 || (major === 22 && minor >= 18);
    const expected = stripsTypes ? { code: 0, stdout: '5 true\n5 true\n' } : { code: 1, stdout: '' };
    expect(await startProgram(program('mts')).ended).toMatchObject(expected);
  });

  it('run through tsx', async () => {
    writeProgramFile('points.mts', source);
    const tsx = new URL('../../../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
    const { code, stdout, stderr } = await startProgram(program('mts'), { flags: ['--import', tsx] }).ended;
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '5 true\n5 true\n', stderr: '' });
  });
});
