import { CancelScope } from '@tercet/core';
import type { ReceiveChannel } from '@tercet/sync';
import type { Place, SyncDescription } from '../describing/section.ts';
import { Execution } from '../running/execution.ts';
import { InputChannel } from '../running/input-channel.ts';
import { EndOutput } from '../running/output.ts';

/** Runs a flow in the calling task, with a last section that uses up its items. */
export async function consume(flow: unknown, sink: SyncDescription): Promise<void> {
  const execution = new Execution();
  const output = new EndOutput((failure) => execution.arrive(failure));
  await execution.run(() => execution.runHere(flow, sink, output));
}

/** Runs a flow in the calling task, with a function that gets its items. */
export function consumeWith(
  flow: unknown,
  name: string,
  step: (item: unknown, place: Place) => PromiseLike<unknown> | undefined | void,
): Promise<void> {
  const build: SyncDescription['build'] = (_next, place) => (item) => step(item, place) ?? undefined;
  return consume(flow, { kind: 'sync', name, build });
}

/** Runs a flow in tasks, and a body that reads from it. */
export async function read<T, R>(flow: unknown, body: (items: ReceiveChannel<T>) => R | PromiseLike<R>): Promise<R> {
  const execution = new Execution();
  let value: R | undefined;
  await execution.run(async () => {
    const link = execution.openHere(flow);
    const scope = new CancelScope();
    const items = new InputChannel<T>(link, (error) => {
      execution.arrive(execution.failed(error, 'source'));
      scope.cancel('the pipeline has failed');
    });
    await scope.run(async () => {
      value = await body(items);
    });
  }, 'open');
  return value as R;
}
