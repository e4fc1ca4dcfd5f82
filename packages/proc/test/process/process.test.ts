import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { moveOnAfter, openNursery, sleep } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
import { runProcess } from '@tercet/proc';
import type { Process, RunProcessOptions } from '@tercet/proc';
import { StapledStream } from '@tercet/streams';
import type { ReceiveStream } from '@tercet/streams';
import { realTimeRun } from '../real-time-run.ts';

const pipes = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' } as const;

const start = (nursery: Nursery, file: string, args: string[], options: RunProcessOptions = {}): Promise<Process> =>
  nursery.start((taskStatus) => runProcess(file, args, { ...options, taskStatus }));

async function textOf(stream: ReceiveStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('Process', () => {
  it(
    'PRC-003: shows how it has ended without being waited for',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const process = await start(nursery, 'sleep', ['0.05']);
        expect(process).toMatchObject({ args: ['sleep', '0.05'], exitCode: null, signal: null });
        expect(process.poll()).toBeUndefined();
        expect(inspect(process)).toBe(`<Process sleep 0.05: running with pid ${process.pid}>`);
        await sleep(200);
        expect(process.poll()).toEqual({ exitCode: 0, signal: null });
        expect(inspect(process)).toBe('<Process sleep 0.05: ended with exit code 0>');
      }),
    ),
  );

  it(
    'PRC-005: has three pipes: one for input, and one for each output',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const program = 'import sys; d = sys.stdin.read(); sys.stdout.write(d); sys.stderr.write(d[::-1])';
        const process = await start(nursery, 'python3', ['-c', program], pipes);
        const text = 'abc'.repeat(100_000);
        const received: string[] = [];
        await openNursery(async (inner) => {
          inner.startSoon(async () => {
            await process.stdin!.sendAll(text);
            await process.stdin!.close();
          });
          inner.startSoon(async () => (received[0] = await textOf(process.stdout!)));
          inner.startSoon(async () => (received[1] = await textOf(process.stderr!)));
        });
        expect(received).toEqual([text, 'cba'.repeat(100_000)]);
        expect(await process.wait()).toEqual({ exitCode: 0, signal: null });
      }),
    ),
  );

  it(
    'PRC-006: answers each request, and a cancelled receive loses nothing',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const { stdio, wait } = await bc(nursery);
        const answer = async (length: number): Promise<string> => {
          let text = '';
          while (text.length < length) text += Buffer.from((await stdio.receiveSome())!).toString();
          return text;
        };
        await stdio.sendAll('12');
        expect(await moveOnAfter(50, () => stdio.receiveSome())).toBeUndefined();
        await stdio.sendAll('34\n');
        expect(await answer(5)).toBe('1234\n');
        const many = `${'x'.repeat(1_000_000)}\n`;
        await openNursery(async (inner) => {
          inner.startSoon(() => stdio.sendAll(many));
          expect(await answer(many.length)).toBe(many);
        });
        await stdio.sendEof();
        expect(await stdio.receiveSome()).toBeNull();
        expect(await stdio.receiveSome()).toBeNull();
        expect(await wait()).toEqual({ exitCode: 0, signal: null });
      }),
    ),
  );

  // Echoes each complete line.
  const bc = async (nursery: Nursery): Promise<{ stdio: StapledStream; wait: Process['wait'] }> => {
    const program = 'import sys\nfor line in sys.stdin: sys.stdout.write(line); sys.stdout.flush()';
    const process = await start(nursery, 'python3', ['-c', program], { stdin: 'pipe', stdout: 'pipe' });
    expect(process.stdio).toBeInstanceOf(StapledStream);
    return { stdio: process.stdio!, wait: () => process.wait() };
  };

  it(
    'G-139: has no stream where input is given, or output is captured or inherited',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const fed = await start(nursery, 'cat', [], { stdin: 'x', captureStdout: true });
        expect([fed.stdin, fed.stdout, fed.stderr, fed.stdio]).toEqual([undefined, undefined, undefined, undefined]);
        const half = await start(nursery, 'cat', [], { stdout: 'pipe' });
        expect([half.stdin, half.stdio]).toEqual([undefined, undefined]);
        expect(await textOf(half.stdout!)).toBe('');
      }),
    ),
  );

  it(
    'carries 64 MiB through and back without a deadlock',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const process = await start(nursery, 'cat', [], { stdin: 'pipe', stdout: 'pipe' });
        const chunk = new Uint8Array(1 << 20).fill(7);
        nursery.startSoon(async () => {
          for (let i = 0; i < 64; i++) await process.stdin!.sendAll(chunk);
          await process.stdin!.close();
        });
        let length = 0;
        for await (const { length: more } of process.stdout!) length += more;
        expect(length).toBe(64 << 20);
      }),
    ),
  );

  it(
    'can be read into memory that the caller owns',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const process = await start(nursery, 'head', ['-c', '1000000', '/dev/zero'], { stdout: 'pipe' });
        const room = new Uint8Array(30_000).fill(1);
        let length = 0;
        for (let size; (size = await process.stdout!.receiveInto(room)) !== null;) {
          length += size;
          expect(room.subarray(0, size).every((byte) => byte === 0)).toBe(true);
        }
        expect(length).toBe(1_000_000);
      }),
    ),
  );

  it(
    'blocks while it writes more than is read',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const process = await start(nursery, 'head', ['-c', '10000000', '/dev/zero'], { stdout: 'pipe' });
        await sleep(100);
        expect(process.poll()).toBeUndefined();
        expect((await textOf(process.stdout!)).length).toBe(10_000_000);
      }),
    ),
  );

  it(
    "merges both outputs with stderr: 'stdout'",
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const options = { stdout: 'pipe', stderr: 'stdout' } as const;
        const process = await start(nursery, 'sh', ['-c', 'echo a; echo b >&2; echo c'], options);
        expect(process.stderr).toBeUndefined();
        expect(await textOf(process.stdout!)).toBe('a\nb\nc\n');
      }),
    ),
  );

  it.each([
    ['kill', 'SIGKILL'],
    ['terminate', 'SIGTERM'],
    ['sendSignal', 'SIGUSR1'],
  ] as const)('PRC-017: %s ends it with %s', (method, signal) =>
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const process = await start(nursery, 'sleep', ['1000'], { check: false });
        process[method](signal as never);
        expect(await process.wait()).toEqual({ exitCode: null, signal });
        process[method](signal as never);
      }),
    )(),
  );

  it(
    'accepts only signals that the system has',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const process = await start(nursery, 'true', []);
        expect(() => process.sendSignal('SIGNOTHING' as never)).toThrow(RangeError);
        expect(() => process.sendSignal('toString' as never)).toThrow(RangeError);
        expect(() => process.sendSignal(0 as never)).toThrow(TypeError);
      }),
    ),
  );

  it(
    'G-141: may have many waiters, and a cancelled one does not affect the others',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const process = await start(nursery, 'sleep', ['0.1']);
        const ends: unknown[] = [];
        for (let i = 0; i < 3; i++) nursery.startSoon(async () => ends.push((await process.wait()).exitCode));
        expect(await moveOnAfter(10, () => process.wait())).toBeUndefined();
        await process.wait();
        await waitAllTasksBlocked();
        expect(ends).toEqual([0, 0, 0]);
        expect(await process.wait()).toEqual({ exitCode: 0, signal: null });
      }),
    ),
  );

  it(
    'PRC-026: can be polled and waited for at the same time',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        const process = await start(nursery, 'sleep', ['0.05']);
        nursery.startSoon(async () => {
          while (process.poll() === undefined) await sleep(1);
        });
        await process.wait();
        expect(process.poll()).toEqual({ exitCode: 0, signal: null });
      }),
    ),
  );

  it(
    'PRC-023: cancels its nursery when it fails in the background',
    realTimeRun(async () => {
      let process: Process | undefined;
      const failing = openNursery(async (nursery) => {
        process = await start(nursery, 'false', []);
        await sleep(10_000);
      });
      await expect(failing).rejects.toMatchObject({ errors: [{ name: 'CalledProcessError', exitCode: 1 }] });
      expect(process?.exitCode).toBe(1);
    }),
  );

  it(
    'G-131: makes start throw the plain error when it cannot be started',
    realTimeRun(() =>
      openNursery(async (nursery) => {
        await expect(start(nursery, 'no-such-program', [], pipes)).rejects.toMatchObject({ code: 'ENOENT' });
      }),
    ),
  );
});
