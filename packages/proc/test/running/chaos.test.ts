import { expect, it } from '@jest/globals';
import { startProgram } from '../programs/program.ts';

/** How many processes to start. `npm run soak` starts more. */
const count = Number(process.env['TERCET_SOAK'] ?? 120);
const seed = Number(process.env['TERCET_SEED'] ?? Date.now() % 1_000_000);

// It runs in a separate Node process, which has no other open handles, and ends at an unhandled rejection.
const program = `
  import { readFileSync, readdirSync } from 'node:fs';
  import { CancelScope, mapConcurrent, openNursery, run, sleep } from '@tercet/core';
  import { runProcess } from '@tercet/proc';

  let state = ${seed};
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const mark = 'TERCET_CHAOS=' + process.pid;
  const env = { ...process.env, TERCET_CHAOS: String(process.pid) };
  process.removeAllListeners('warning');

  // Without killTree, a child of a shell outlives the shell. So only shells with killTree fork.
  const commands = () => [
    ['true', [], {}],
    ['sleep', ['1000'], {}],
    ['sh', ['-c', 'echo out; echo err >&2; exit 3'], { captureStdout: true, captureStderr: true }],
    ['sh', ['-c', 'trap "" TERM; echo out; exec sleep 1000'], { captureStdout: true }],
    ['yes', [], { captureStdout: true, maxOutput: 5_000_000 }],
    ['yes', [], { stdout: 'pipe' }],
    ['sh', ['-c', 'exec yes >&2'], { stderr: 'pipe', stdout: 'ignore' }],
    ['sh', ['-c', 'echo out; echo err >&2; exec sleep 0.005'], { stdout: 'pipe', stderr: 'stdout' }],
    ['cat', [], { stdin: 'pipe', stdout: 'pipe' }],
    ['cat', [], { stdin: 'x'.repeat(300_000), captureStdout: true }],
    ['cat', [], { stdin: (async function* () { for (;;) { yield 'x'.repeat(50_000); await sleep(1); } })(), stdout: 'ignore' }],
    ['sh', ['-c', 'sleep 1000 & sleep 1000 & wait'], { killTree: true }],
    ['sh', ['-c', 'sleep 1000 & exit 0'], { killTree: true, captureStdout: true }],
    ['no-such-program', [], { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' }],
    ['true', [], { cwd: '/no/such' }],
  ];

  async function once() {
    const [file, args, options] = commands()[random(15)];
    const moment = random(7);
    const scope = new CancelScope();
    if (moment === 0) scope.cancel();
    const settings = { gracePeriod: 30, env, ...options, taskStatus: { started: (child) => started(child) } };
    let started = () => {};
    try {
      await scope.run(() => openNursery(async (nursery) => {
        if (moment === 1) started = () => scope.cancel();
        if (moment === 2) started = (child) => nursery.startSoon(async () => { await child.wait(); scope.cancel(); });
        if (moment === 3) started = (child) => nursery.startSoon(async () => { await child.stdout?.receiveSome(); scope.cancel(); });
        // Real time: real processes are cancelled at random moments.
        if (moment === 4) started = (child) => setTimeout(() => { child.kill(); scope.cancel(); }, random(10));
        nursery.startSoon(runProcess, file, args, settings);
        if (moment === 5) scope.relativeDeadline = random(4);
        // Real time: real processes are cancelled at random moments.
        else setTimeout(() => scope.cancel(), random(40));
      }));
    } catch {
      // Many of these processes are meant to fail.
    }
  }

  const marked = () => readdirSync('/proc').filter((pid) => {
    try { return /^\\d+$/.test(pid) && Number(pid) !== process.pid && readFileSync('/proc/' + pid + '/environ', 'latin1').includes(mark); }
    catch { return false; }
  });
  const descriptors = () => readdirSync('/proc/self/fd').length;

  // Real time: real processes are cancelled at random moments.
  const settle = () => new Promise((resolve) => setTimeout(resolve, 200));

  // Node opens them at the first access.
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream.unref?.();
  await run(() => once());
  await settle();
  const handles = () => process.getActiveResourcesInfo().filter((type) => type !== 'Timeout').length;
  const before = { descriptors: descriptors(), handles: handles() };
  await run(() => mapConcurrent(Array.from({ length: ${count} }), once, { concurrency: 12 }));
  const left = marked();
  // Closing takes some turns of the event loop, which may be long on a busy machine.
  for (let i = 0; i < 20 && (descriptors() > before.descriptors || handles() > before.handles); i++) await settle();
  console.log(JSON.stringify({ left, descriptors: Math.max(0, descriptors() - before.descriptors), handles: Math.max(0, handles() - before.handles) }));
`;

it(
  `leaves no process, no descriptor and no rejection behind, whenever it is cancelled (${count} processes, seed ${seed})`,
  async () => {
    const { code, stdout, stderr } = await startProgram(program).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ left: [], descriptors: 0, handles: 0 });
  },
  Math.max(30_000, count * 200),
);
