import { inspectAs, ready, rejectIfCancelled } from '@tercet/core/lowlevel';

/**
 * A synchronous file-like object: it has `close`, and `read` or `write`.
 *
 * @example
 * class LineReader implements FileLike {
 *   readonly #lines = ['milk', 'bread'];
 *   readLine = (): string | null => this.#lines.shift() ?? null;
 *   read = (): string => this.#lines.splice(0).join('\n');
 *   close(): void {}
 * }
 * await using file = wrapFile(new LineReader());
 * for await (const line of file) console.log(line);
 */
export interface FileLike {
  close(): unknown;
}

const METHODS: readonly (keyof WrappedMethods<Record<string, unknown>>)[] = [
  'close',
  'flush',
  'read',
  'readInto',
  'readLine',
  'readLines',
  'seek',
  'sync',
  'tell',
  'truncate',
  'write',
  'writeLines',
];
const PROPERTIES: readonly (keyof WrappedProperties<Record<string, unknown>>)[] = [
  'closed',
  'encoding',
  'fd',
  'mode',
  'name',
  'newline',
];

/**
 * The methods of a {@link WrappedFile}.
 *
 * @example
 * interface Sink {
 *   write(text: string): number;
 *   close(): void;
 *   rotate(): void; // not a method of files, so the wrapped file does not have it
 * }
 * const count = async (sink: WrappedMethods<Sink>): Promise<number> => await sink.write('hello');
 */
export type WrappedMethods<T> = {
  readonly [
    K in keyof T &
      (
        | 'close'
        | 'flush'
        | 'read'
        | 'readInto'
        | 'readLine'
        | 'readLines'
        | 'seek'
        | 'sync'
        | 'tell'
        | 'truncate'
        | 'write'
        | 'writeLines'
      )
  ]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};
/**
 * The properties of a {@link WrappedFile}.
 *
 * @example
 * interface Sink {
 *   readonly name: string;
 *   readonly closed: boolean;
 *   close(): void;
 * }
 * const show = (sink: WrappedProperties<Sink>): string => `${sink.name}${sink.closed ? ', closed' : ''}`;
 * show({ name: 'the log', closed: false });
 */
export type WrappedProperties<T> = {
  readonly [K in keyof T & ('closed' | 'encoding' | 'fd' | 'mode' | 'name' | 'newline')]: T[K];
};

/**
 * A file-like object with asynchronous methods. It has those methods and properties of the original that files have, and no
 * others. Each method is a checkpoint, and then calls the original.
 *
 * @example
 * class Log {
 *   readonly lines: string[] = [];
 *   write = (line: string): number => this.lines.push(line);
 *   close(): void {}
 * }
 * const log: WrappedFile<Log> = wrapFile(new Log());
 * await log.write('begun'); // a checkpoint, and then the method of the original
 * log.wrapped.lines; // ['begun']
 * await log.close();
 */
export type WrappedFile<T> = WrappedMethods<T> &
  WrappedProperties<T> &
  AsyncDisposable &
  (T extends { readLine(): unknown } ? AsyncIterable<NonNullable<Awaited<ReturnType<T['readLine']>>>> : unknown) & {
    /** The original object. */
    readonly wrapped: T;
  };

/** @throws {TypeError} when the object neither reads nor writes, or cannot be closed. */
export function wrapObject<T extends FileLike>(file: T): WrappedFile<T> {
  requireFileLike(file);
  return new Wrapped(file) as unknown as WrappedFile<T>;
}

class Wrapped {
  static {
    inspectAs(this, ({ wrapped }) => `WrappedFile of ${wrapped.constructor?.name ?? 'an object'}`);
  }

  readonly wrapped: Readonly<Record<string, unknown>>;

  constructor(file: FileLike) {
    this.wrapped = file as unknown as Readonly<Record<string, unknown>>;
    for (const name of METHODS) {
      if (typeof this.wrapped[name] === 'function') this.#define(name, { value: this.#method(name) });
    }
    for (const name of PROPERTIES) {
      if (name in this.wrapped) this.#define(name, { get: () => this.wrapped[name] });
    }
    if (typeof this.wrapped['readLine'] === 'function') {
      this.#define(Symbol.asyncIterator, { value: () => this.#lines() });
    }
  }

  #define(name: string | symbol, descriptor: PropertyDescriptor): void {
    Object.defineProperty(this, name, { ...descriptor, enumerable: typeof name === 'string' });
  }

  #method(name: string): (...args: unknown[]) => Promise<unknown> {
    const operation = `${name}()`;
    return async (...args) => {
      // Closing must not be skipped in a cancelled scope.
      const cancelled = rejectIfCancelled(operation);
      if (name !== 'close' && cancelled !== undefined) return cancelled;
      const method = this.wrapped[name] as (...args: unknown[]) => unknown;
      const result = await method.apply(this.wrapped, args);
      return cancelled ?? ready(result, operation);
    };
  }

  async *#lines(): AsyncGenerator<unknown> {
    const file = this as unknown as { readLine(): Promise<unknown> };
    for (;;) {
      const line = await file.readLine();
      if (line === null || line === undefined || line === '') return;
      yield line;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.wrapped['close'] as () => unknown).call(this.wrapped);
  }
}

function requireFileLike(file: unknown): asserts file is FileLike {
  const { close, read, write } = (typeof file === 'object' && file !== null ? file : {}) as Record<string, unknown>;
  if (typeof close === 'function' && (typeof read === 'function' || typeof write === 'function')) return;
  throw new TypeError(
    'wrapFile(): a file must be a FileHandle, the number of a descriptor, or an object with close() and read() or write()',
  );
}
