// Processes beside node:child_process and execa doing the same, all variants in turn, again and again. What counts is the
// median of the ratios of each round, because the machine drifts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';
import { openNursery, run } from '@tercet/core';
import { runProcess } from '@tercet/proc';
import { Table } from './core.mjs';
import { median } from './measure.mjs';

const rounds = Number(process.env.ROUNDS ?? 9);
const CHUNK = 65_536;
const GIBIBYTE = 2 ** 30;
const STARTS = 40;

const ignored = { stdio: 'ignore' };
const dd = ['if=/dev/zero', `bs=${CHUNK}`, `count=${GIBIBYTE / CHUNK}`, 'status=none'];
const sink = ['of=/dev/null', `bs=${CHUNK}`, 'status=none'];

/** Each variant returns how much it did: what counts is that divided by the time. */
const WORKLOADS = [
  {
    name: 'start /bin/true and wait for its end',
    unit: '1/s',
    targets: { tercet: 0.9 },
    variants: {
      async raw() {
        for (let i = 0; i < STARTS; i++) {
          await new Promise((resolve) => spawn('/bin/true', [], ignored).on('exit', () => setImmediate(resolve)));
        }
        return STARTS;
      },
      tercet: () =>
        run(async () => {
          for (let i = 0; i < STARTS; i++) await runProcess('/bin/true', [], { stdout: 'ignore', stderr: 'ignore' });
          return STARTS;
        }),
      async execa() {
        for (let i = 0; i < STARTS; i++) await execa('/bin/true', [], ignored);
        return STARTS;
      },
    },
  },
  {
    name: 'start echo and capture what it writes',
    unit: '1/s',
    targets: { tercet: 0.9 },
    variants: {
      async raw() {
        for (let i = 0; i < STARTS; i++) {
          const child = spawn('/bin/echo', ['hello'], { stdio: ['ignore', 'pipe', 'inherit'] });
          const chunks = [];
          child.stdout.on('data', (chunk) => chunks.push(chunk));
          await once(child, 'close');
          Buffer.concat(chunks);
        }
        return STARTS;
      },
      tercet: () =>
        run(async () => {
          for (let i = 0; i < STARTS; i++) await runProcess('/bin/echo', ['hello'], { captureStdout: true });
          return STARTS;
        }),
      async execa() {
        for (let i = 0; i < STARTS; i++) await execa('/bin/echo', ['hello'], { stdin: 'ignore', stderr: 'inherit' });
        return STARTS;
      },
    },
  },
  {
    name: 'read 1 GiB that a process writes',
    unit: 'GB/s',
    targets: { lend: 1.2 },
    variants: {
      async raw() {
        const child = spawn('dd', dd, { stdio: ['ignore', 'pipe', 'inherit'] });
        let length = 0;
        child.stdout.on('data', (chunk) => (length += chunk.length));
        await once(child, 'close');
        return length / 1e9;
      },
      tercet: () =>
        run(() =>
          openNursery(async (nursery) => {
            const child = await nursery.start((taskStatus) => runProcess('dd', dd, { stdout: 'pipe', taskStatus }));
            let length = 0;
            for (let chunk; (chunk = await child.stdout.receiveSome()) !== null;) length += chunk.length;
            return length / 1e9;
          }),
        ),
      // Into memory of its own.
      lend: () =>
        run(() =>
          openNursery(async (nursery) => {
            const child = await nursery.start((taskStatus) => runProcess('dd', dd, { stdout: 'pipe', taskStatus }));
            const room = new Uint8Array(CHUNK);
            let length = 0;
            for (let size; (size = await child.stdout.receiveInto(room)) !== null;) length += size;
            return length / 1e9;
          }),
        ),
      async execa() {
        let length = 0;
        const options = { stdin: 'ignore', stderr: 'inherit', buffer: false, encoding: 'buffer' };
        for await (const chunk of execa('dd', dd, options).iterable({ binary: true })) length += chunk.length;
        return length / 1e9;
      },
    },
  },
  {
    name: 'write 1 GiB that a process reads',
    unit: 'GB/s',
    targets: { tercet: 0.95 },
    variants: {
      async raw() {
        const child = spawn('dd', sink, { stdio: ['pipe', 'ignore', 'inherit'] });
        const chunk = Buffer.alloc(CHUNK);
        for (let i = 0; i < GIBIBYTE / CHUNK; i++) {
          if (!child.stdin.write(chunk)) await once(child.stdin, 'drain');
        }
        child.stdin.end();
        await once(child, 'exit');
        return GIBIBYTE / 1e9;
      },
      tercet: () =>
        run(() =>
          openNursery(async (nursery) => {
            const child = await nursery.start((taskStatus) => runProcess('dd', sink, { stdin: 'pipe', taskStatus }));
            const chunk = Buffer.alloc(CHUNK);
            for (let i = 0; i < GIBIBYTE / CHUNK; i++) await child.stdin.sendAll(chunk);
            await child.stdin.close();
            await child.wait();
            return GIBIBYTE / 1e9;
          }),
        ),
    },
  },
  {
    name: '256 MiB through cat and back',
    unit: 'GB/s',
    targets: { tercet: 0.95 },
    variants: {
      async raw() {
        const child = spawn('cat', [], { stdio: ['pipe', 'pipe', 'inherit'] });
        let length = 0;
        child.stdout.on('data', (chunk) => (length += chunk.length));
        const chunk = Buffer.alloc(CHUNK);
        for (let i = 0; i < 2 ** 28 / CHUNK; i++) {
          if (!child.stdin.write(chunk)) await once(child.stdin, 'drain');
        }
        child.stdin.end();
        await once(child, 'close');
        return length / 1e9;
      },
      tercet: () =>
        run(() =>
          openNursery(async (nursery) => {
            const child = await nursery.start((taskStatus) =>
              runProcess('cat', [], { stdin: 'pipe', stdout: 'pipe', taskStatus }),
            );
            nursery.startSoon(async () => {
              const chunk = Buffer.alloc(CHUNK);
              for (let i = 0; i < 2 ** 28 / CHUNK; i++) await child.stdin.sendAll(chunk);
              await child.stdin.close();
            });
            let length = 0;
            for (let chunk; (chunk = await child.stdout.receiveSome()) !== null;) length += chunk.length;
            return length / 1e9;
          }),
        ),
    },
  },
];

export default async function bench({ log, only }) {
  const table = new Table(log, ['workload', 'unit', 'child_process', 'variant', 'measured', 'ratio', 'target']);
  for (const { name, unit, targets, variants } of WORKLOADS) {
    if (only !== undefined && !name.includes(only)) continue;
    const results = await measure(variants);
    for (const variant of Object.keys(variants).filter((each) => each !== 'raw')) {
      const ratio = median(results[variant].map((value, round) => value / results.raw[round]));
      const target = targets[variant];
      const verdict = target === undefined ? '' : `≥ ${target} ${ratio >= target ? '✓' : '✗'}`;
      table.row([
        name,
        unit,
        shown(median(results.raw)),
        variant,
        shown(median(results[variant])),
        ratio.toFixed(2),
        verdict,
      ]);
    }
  }
}

async function measure(variants) {
  const names = Object.keys(variants);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const name of names.toSorted(() => Math.random() - 0.5)) {
      globalThis.gc?.();
      const begin = performance.now();
      const done = await variants[name]();
      if (round >= 0) results[name].push((done / (performance.now() - begin)) * 1000);
    }
  }
  return results;
}

function shown(value) {
  return value < 100 ? value.toFixed(2) : value.toFixed(0);
}
