// A batch is a flat array of records, and a record begins with one of these: an array for each record would double what it
// costs to clone a batch of small calls (benchmark `parallel`).

/** Records that the parent sends. The fields of each record follow its number. */
export const ToWorker = {
  /** config: how to begin. */
  start: 1,
  /** index, module, name: gives a function a number. */
  define: 2,
  /** sequence, function, arguments, extra. */
  call: 3,
  /** sequence: the caller has been cancelled. */
  cancel: 4,
  /** sequence: it need not be begun, if it has not been. */
  withdraw: 5,
  /** sequence, count: room for more items. */
  credit: 6,
  /** sequence, argument, items, end: of an argument that is an iterable. */
  items: 7,
  /** Asks the worker to leave. */
  stop: 8,
} as const;

/** Records that the worker sends. */
export const ToParent = {
  /** The worker can take jobs. */
  ready: 1,
  /** sequence, value, microseconds, buffers. */
  result: 2,
  /** sequence, error, microseconds. */
  failed: 3,
  /** sequence, microseconds: the job has ended because its caller was cancelled. */
  cancelled: 4,
  /** sequence: it has not been begun, and will not be. */
  withdrawn: 5,
  /** sequence, value. */
  progress: 6,
  /** sequence, items: what a generator has yielded. */
  items: 7,
  /** sequence, argument, count: room for more items of an iterable; -1: it is not needed any more. */
  pull: 8,
  /** descriptor, data: output that comes before whatever follows. */
  output: 9,
  /** reason, error: it leaves, and takes no more jobs. */
  leaving: 10,
} as const;

/** The number of fields of a record, its own number included. */
export const LENGTH_TO_WORKER: readonly number[] = [0, 2, 4, 5, 2, 2, 3, 5, 1];
export const LENGTH_TO_PARENT: readonly number[] = [0, 1, 5, 4, 3, 2, 3, 3, 4, 3, 3];

/** How a worker begins. */
export interface StartConfig {
  readonly id: number;
  readonly name: string;
  readonly kind: 'thread' | 'process';
  readonly output: 'inherit' | 'prefix' | 'ignore';
  readonly init?: FunctionName;
  readonly retire?: FunctionName;
  /** Bytes. */
  readonly maxHeap?: number;
  readonly parentPid: number;
}

/** A function as the worker finds it. */
export interface FunctionName {
  readonly module: string;
  readonly name: string;
}

/** Parts of a call that few calls need. */
export interface CallExtra {
  /** The caller's deadline, in milliseconds of the machine's monotonic clock. */
  deadline?: number;
  /** Context variables by name. */
  context?: readonly (readonly [name: string, value: unknown])[];
  /** Where buffers are among the arguments. */
  buffers?: readonly (readonly unknown[])[];
  /** The arguments that are async iterables, by their index. */
  iterables?: readonly number[];
  /** The items of a generator are wanted; at most this many may be under way. */
  window?: number;
  /** Each of the arguments belongs to a separate call of the function. */
  many?: true;
  /** Set when the caller has an `onProgress`. */
  progress?: true;
}

/** The reason why a worker leaves without having been asked. */
export type LeavingReason = 'retire' | 'heap' | 'retire failed' | 'start failed';

/** The end of an iterable argument: none yet, its end, or its error. */
export type ItemsEnd = false | true | { readonly error: unknown };
