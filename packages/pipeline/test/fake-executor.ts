import { named, openNursery } from '@tercet/core';
import type { Executor, RemoteFunction } from '@tercet/pipeline';
import { openMemoryChannel } from '@tercet/sync';

/** Calls generators in place, as an executor would elsewhere; its workers die when they are told to. */
export class FakeExecutor implements Executor {
  readonly windows: (number | undefined)[] = [];
  running = 0;
  #kill: (() => void) | undefined;

  async run<A extends unknown[], R>(fn: RemoteFunction<A, R>, ...args: A): Promise<Awaited<R>> {
    return (await (fn(...args) as unknown)) as Awaited<R>;
  }

  async stream<A extends unknown[], T, U>(
    fn: RemoteFunction<A, AsyncIterable<T> | Iterable<T>>,
    args: A,
    body: (items: never) => U | PromiseLike<U>,
  ): Promise<U> {
    const [send, receive] = openMemoryChannel<T>(0);
    let value: U | undefined;
    this.running++;
    try {
      await openNursery(async (nursery) => {
        const worker = async (): Promise<void> => {
          using _ = send;
          for await (const item of fn(...args) as AsyncIterable<T>) await send.send(item);
        };
        nursery.startSoon(named('worker', worker));
        nursery.startSoon(async () => {
          const killed = new Promise<void>((resolve) => (this.#kill = resolve));
          void killed.then(() => nursery.cancelScope.cancel('killed'));
        });
        value = await body(receive as never);
      });
    } finally {
      this.running--;
    }
    if (value === undefined && this.killed) throw new Error('the worker has died');
    return value as U;
  }

  killed = false;

  kill(): void {
    this.killed = true;
    this.#kill?.();
  }

  with({ window }: { readonly window?: number }): Executor {
    this.windows.push(window);
    return this;
  }
}
