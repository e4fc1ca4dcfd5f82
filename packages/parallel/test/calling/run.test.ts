import { describe, expect, it } from '@jest/globals';
import { CancelScope, ExceptionGroup, run } from '@tercet/core';
import { openWorkers, registerError, remote, RemoteError } from '@tercet/parallel';
import { assertCheckpoints } from '@tercet/testing';
import { errorOf, KINDS, plain, tasks } from '../jobs.ts';

class OutOfStockError extends Error {
  static {
    this.prototype.name = 'OutOfStockError';
  }
  article = '';
}
registerError(OutOfStockError);

class SecretError extends Error {
  readonly #secret: string;
  constructor(secret: string) {
    super('a secret');
    this.#secret = secret;
  }
  get secret(): string {
    return this.#secret;
  }
}
registerError(SecretError, {
  toFields: (error) => error.secret,
  fromFields: (fields) => new SecretError(fields as string),
});

describe.each(KINDS)('with workers of kind %s', (kind) => {
  it('P1: a call is a checkpoint, also when a worker is idle', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        await workers.run(plain['nothing']!);
        await assertCheckpoints(() => workers.run(plain['nothing']!));
      }),
    ));

  it('P1, THR-009: in a cancelled scope nothing is sent', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const before = await workers.run(plain['countUp']!);
        const scope = new CancelScope();
        scope.cancel();
        await scope.run(() => workers.run(plain['countUp']!));
        expect(scope.cancelledCaught).toBe(true);
        expect(await workers.run(plain['countUp']!)).toBe(before + 1);
      }),
    ));

  it('P2: values of many kinds come back as they were', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const cycle: { self?: unknown; name: string } = { name: 'cycle' };
        cycle.self = cycle;
        const values = {
          map: new Map([[1, 'one']]),
          date: new Date(0),
          big: 10n ** 30n,
          floats: new Float64Array([0.5]),
          cycle,
        };
        const back = await workers.run(plain['echo']!, values);
        expect([...back.map]).toEqual([[1, 'one']]);
        expect(Number(back.date)).toBe(0);
        expect(back.big).toBe(10n ** 30n);
        expect(Array.from(back.floats)).toEqual([0.5]);
        expect(back.cycle.self).toBe(back.cycle);
        expect(await workers.run(plain['nothing']!)).toBeUndefined();
        expect(await workers.run(plain['echo']!, new Set(['x']))).toHaveProperty('size', 1);
      }),
    ));

  it('P3, THR-006: an error has its message, the stack of the worker and the place of the call', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const callHere = async (): Promise<void> => {
          await workers.run(plain['fail']!, 'too far');
        };
        const error = await errorOf(callHere());
        expect(error).toBeInstanceOf(RangeError);
        expect(error.message).toBe('too far');
        expect(error.stack).toMatch(/plain\.mjs/);
        expect(error.stack).toMatch(/in worker (thread|process) 1, called from/);
        expect(error.stack).toMatch(/callHere/);
      }),
    ));

  it('P4: chains of causes and groups survive to a depth of ten', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        let error = await errorOf(workers.run(plain['failDeep']!));
        for (let level = 0; level < 10; level++) {
          expect(error).toBeInstanceOf(TypeError);
          expect(error.message).toBe(`level ${level}`);
          error = error.cause;
        }
        expect(error.message).toBe('level 10');
        const many = await errorOf(workers.run(plain['failMany']!));
        expect(many).toBeInstanceOf(AggregateError);
        expect(many.errors[0]).toBeInstanceOf(RangeError);
        expect(many.errors[1].cause.message).toBe('why');
        const group = await errorOf(workers.run(tasks['failGroup']!));
        expect(group).toBeInstanceOf(ExceptionGroup);
        expect(group.leaves().map(({ message }: Error) => message)).toEqual(['one', 'two']);
        expect(group.leaves()[1]).toBeInstanceOf(OutOfStockError);
      }),
    ));

  it.each([0, 1])('P4: the cause of a group may be one of its errors: number %p', (which) =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const error = await errorOf(workers.run(plain['failTwiceWithOne']!, which));
        expect(error.errors.map(({ message }: Error) => message)).toEqual(['first', 'second']);
        expect(error.cause).toBe(error.errors[which]);
      }),
    ),
  );

  it('P8: a result that cannot be read is a TypeError, and the worker lives', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const error = await errorOf(workers.run(plain['giveGetter']!));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/the result/);
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
        expect(workers.statistics()).toMatchObject({ started: 1, broken: 0 });
      }),
    ));

  it('P5: a registered class is made again, with its fields or by its codec', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const error = await errorOf(workers.run(tasks['failOutOfStock']!));
        expect(error).toBeInstanceOf(OutOfStockError);
        expect(error).toMatchObject({ message: 'no bread', article: 'bread' });
        const secret = await errorOf(workers.run(tasks['failSecret']!));
        expect(secret).toBeInstanceOf(SecretError);
        expect(secret.secret).toBe('xyzzy');
      }),
    ));

  it('P5: an unknown class becomes a RemoteError, with name, code and fields', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const error = await errorOf(workers.run(plain['failUnknown']!));
        expect(error).toBeInstanceOf(RemoteError);
        expect(error).toMatchObject({ name: 'UnknownError', code: 'E_UNKNOWN', message: 'nobody knows me' });
        expect(error.fields.article).toEqual({ id: 7 });
        expect(error.fields.onDone).toMatch(/function/);
        const plainError = await errorOf(workers.run(plain['failFile']!));
        expect(plainError).toBeInstanceOf(Error);
        expect(plainError).not.toBeInstanceOf(RemoteError);
        expect(plainError).toMatchObject({ code: 'ENOENT', errno: -2, path: '/nowhere' });
      }),
    ));

  it('P6: what is thrown and is not an error arrives as it was', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        expect(await errorOf(workers.run(plain['throwValue']!, 'a string'))).toBe('a string');
        expect(await errorOf(workers.run(plain['throwValue']!, undefined))).toBeUndefined();
        expect(await errorOf(workers.run(plain['throwValue']!, { code: 1 }))).toEqual({ code: 1 });
      }),
    ));

  it('P7: an argument that cannot be cloned fails the call with its path, and the worker serves the next', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const before = await workers.run(plain['countUp']!);
        const error = await errorOf(workers.run(plain['echo']!, 1, { options: { onDone: () => 1 } }));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/argument 2, at \.options\.onDone, is a function/);
        expect(await errorOf(workers.run(plain['echo']!, [Symbol('s')]))).toHaveProperty(
          'message',
          expect.stringMatching(/argument 1, at \[0\], is a symbol/),
        );
        expect(await workers.run(plain['countUp']!)).toBe(before + 1);
      }),
    ));

  it('P7: calls that are sent together with a faulty one are not hurt', () =>
    run(() =>
      openWorkers({ kind, max: 1, prefetch: 8 }, async (workers) => {
        await workers.run(plain['nothing']!);
        const results = await Promise.allSettled([
          workers.run(plain['add']!, 1, 2),
          workers.run(plain['echo']!, () => 1),
          workers.run(plain['add']!, 3, 4),
        ]);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      }),
    ));

  it('P8: a result that cannot be cloned fails the call with its path, and the worker serves the next', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const before = await workers.run(plain['countUp']!);
        const error = await errorOf(workers.run(plain['giveFunction']!));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/the result, at \.list\[1\]\.onDone, is a function/);
        expect(await workers.run(plain['countUp']!)).toBe(before + 1);
      }),
    ));

  it('P9: synchronous and async functions both work; a generator is a TypeError that names stream', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
        expect(await workers.run(plain['addSoon']!, 1, 2)).toBe(3);
        expect(await workers.run(tasks['addLater']!, 1, 2)).toBe(3);
        for (const generator of [plain['numbers']!, tasks['count']!]) {
          const error = await errorOf(workers.run(generator, 3));
          expect(error).toBeInstanceOf(TypeError);
          expect(error.message).toMatch(/stream/);
        }
      }),
    ));

  it('P10: a plain function, a closure or a method is a TypeError that names remote', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const object = { method: () => 1 };
        for (const fn of [Math.max, () => 1, object.method, undefined, 'name']) {
          for (const call of [
            () => workers.run(fn as never),
            () => workers.stream(fn as never, [], () => 1),
            () => workers.map(fn as never, []),
          ]) {
            const error = await errorOf(call());
            expect(error).toBeInstanceOf(TypeError);
            expect(error.message).toMatch(/remote\(\)/);
          }
        }
      }),
    ));

  it('P11: an unknown export names the URL and the exports that exist', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const error = await errorOf(workers.run(plain['nope']!));
        expect(error).toBeInstanceOf(TypeError);
        expect(error.message).toMatch(/jobs\/plain\.mjs.*nope.*add.*echo/s);
        expect(await errorOf(workers.run(plain['NOT_A_FUNCTION']!))).toHaveProperty(
          'message',
          expect.stringContaining('no function NOT_A_FUNCTION'),
        );
      }),
    ));

  it('P11: an unknown module names its URL', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        const missing = remote<{ work: () => void }>(new URL('./missing.mjs', import.meta.url));
        const error = await errorOf(workers.run(missing.work));
        expect(error.message).toContain('missing.mjs');
        expect(error.cause).toHaveProperty('code', 'ERR_MODULE_NOT_FOUND');
        expect(await workers.run(plain['add']!, 1, 2)).toBe(3);
      }),
    ));

  it('P12: a Buffer arrives as a Buffer, in both directions and inside of other values', () =>
    run(() =>
      openWorkers({ kind, max: 1 }, async (workers) => {
        expect(await workers.run(plain['isBuffer']!, Buffer.from('x'))).toBe(true);
        expect(await workers.run(plain['isBuffer']!, { nested: [Buffer.from('x')] })).toBe(true);
        const back = await workers.run(plain['giveBuffer']!);
        expect(Buffer.isBuffer(back)).toBe(true);
        expect(String(back)).toBe('from the worker');
      }),
    ));
});

it('P10: calling a remote function directly is a TypeError that names run', () => {
  expect(() => plain['add']!(1, 2)).toThrow(/run\(\)/);
});

it('remote() refuses relative paths and bare names', () => {
  for (const module of ['./jobs.mjs', 'jobs', '', undefined, 1]) {
    expect(() => remote(module as never)).toThrow(TypeError);
  }
  expect(remote('/jobs.mjs')).toBeDefined();
});

it('P11: builtin modules have functions, too', () =>
  run(() =>
    openWorkers({ max: 1 }, async (workers) => {
      const zlib = remote<typeof import('node:zlib')>('node:zlib');
      const size = await workers.run(zlib.crc32 ?? zlib.gzipSync, 'text');
      expect(size).toBeDefined();
    }),
  ));
