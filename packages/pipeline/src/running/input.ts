import type { Link } from './link.ts';

/** Returned by `take` when there is no item; an item may be any other value, `undefined` too. */
export const NOTHING: unique symbol = Symbol('nothing');

/**
 * Where a stage takes its items from: a link, or the source itself.
 *
 * In two steps, so that what is there costs no promise:
 *
 *     for (;;) {
 *       const item = input.take();
 *       if (item !== NOTHING) use(item);
 *       else if (!(await input.more())) break;
 *     }
 */
export interface Input {
  /** The next item if it is there, else `NOTHING`. */
  take(): unknown;
  /** Waits until something is there, true, or the end has come, false. A checkpoint if it waits. Throws a failure. */
  more(): Promise<boolean> | boolean;
  /** Nothing more is wanted. May be called at any time, also after the end. @throws the error of the cleanup. */
  close(reason: string): void | Promise<void>;
  /** Whether an error has come out of the source itself. */
  readonly hasThrown?: boolean;
  /** The error of the source that came when no task waited for its item any more. */
  readonly lateError?: { readonly error: unknown } | undefined;
  /** The link that it is, or that is behind it: for code that waits for several of them. */
  readonly link?: Link | undefined;
  /** Lets no more than so many items be made ahead; only links can. */
  want?(count: number): void;
}

/** A function of an item: `undefined`, or a promise for when the next item may come. */
export type Step = (item: unknown) => PromiseLike<unknown> | undefined;

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}
