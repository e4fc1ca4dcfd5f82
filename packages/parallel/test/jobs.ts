import type { RemoteFunction } from '@tercet/parallel';
import { remote } from '@tercet/parallel';
import { Event } from '@tercet/sync';

type Jobs = Readonly<Record<string, RemoteFunction<any[], any>>>;

/** Plain JavaScript, which every Node can load. */
export const plain = remote(new URL('./jobs/plain.mjs', import.meta.url)) as Jobs;
export const tasks = remote(new URL('./jobs/tasks.mjs', import.meta.url)) as Jobs;

export const KINDS = ['thread', 'process'] as const;

/** Is set when a job has reported that it has begun. */
export function whenBegun(): { readonly begun: Event; readonly onProgress: () => void } {
  const begun = new Event();
  return { begun, onProgress: () => begun.set() };
}

/** What a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    (value) => {
      throw new Error(`resolved to ${String(value)}`);
    },
    (error: unknown) => error,
  );
}
