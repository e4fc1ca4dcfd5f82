import { serialize } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { NotedClaims } from '../protocol/noted-claims.ts';
import type { Post } from '../protocol/outbox.ts';
import { SharedClaims } from '../protocol/shared-claims.ts';

/** How a process knows that it is a worker: its first argument. */
export const PROCESS_MARK = '--tercet-parallel-worker';

/** How a thread knows that it is a worker: a property of its data, which holds the memory of the claims. */
export const THREAD_MARK = '@tercet/parallel/claims';

/** The descriptor of the file in which a process notes what it has begun. */
export const CLAIMS_DESCRIPTOR = 4;

/** The other side, seen from a worker. */
export interface Parent {
  readonly post: Post;
  readonly listen: (take: (batch: unknown[]) => void) => void;
  /** Of a thread. */
  readonly shared: SharedClaims | undefined;
  /** Of a process. */
  readonly noted: NotedClaims | undefined;
  /** Ends this worker, after what has been sent has left. */
  readonly exit: () => void;
  /** Throws when a value cannot cross. */
  readonly tryClone: (value: unknown) => void;
}

/** The parent, if this thread or process is a worker of ours. */
export function findParent(): Parent | undefined {
  const memory = (workerData as Record<string, unknown> | null)?.[THREAD_MARK];
  if (memory !== undefined && parentPort !== null) return parentThread(parentPort, memory as SharedArrayBuffer);
  return process.argv[2] === PROCESS_MARK && process.connected ? parentProcess() : undefined;
}

function parentThread(port: NonNullable<typeof parentPort>, memory: SharedArrayBuffer): Parent {
  return {
    post: (batch, transfers) => port.postMessage(batch, transfers as never),
    listen: (take) => void port.on('message', take),
    shared: new SharedClaims(memory),
    noted: undefined,
    exit: () => process.exit(),
    tryClone: (value) => void structuredClone(value),
  };
}

function parentProcess(): Parent {
  // The parent decides when it ends: on Ctrl-C, and on the SIGTERM that a service manager sends to everyone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit());
  return {
    post: (batch) => {
      if (process.connected) process.send!(batch, undefined, undefined, () => undefined);
    },
    listen: (take) => void process.on('message', (batch) => take(batch as unknown[])),
    shared: undefined,
    noted: new NotedClaims(CLAIMS_DESCRIPTOR),
    exit: () => {
      if (process.connected) process.send!([], undefined, undefined, () => process.exit());
      else process.exit();
    },
    tryClone: (value) => void serialize(value),
  };
}
