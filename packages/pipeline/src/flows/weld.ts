import { isCancelled, named } from '@tercet/core';
import type { Nursery } from '@tercet/core';
import { WaitQueue } from '@tercet/core/lowlevel';
import type { ReceiveChannel } from '@tercet/sync';
import { Execution } from '../running/execution.ts';
import { groupOf } from '../running/failure.ts';
import { InputChannel } from '../running/input-channel.ts';
import { Link } from '../running/link.ts';
import { requireSections, requireSource } from './checks.ts';
import { flowOf } from './flow.ts';

/**
 * Runs a pipeline in a nursery, and gives what comes out of it as a channel: for combiners of your own. The nursery owns the
 * work; closing the channel ends it. Not a checkpoint.
 *
 * When a section fails, the items before it can still be received; then the nursery fails.
 *
 * @param source the first of the arguments that `pipeline` takes, which the others follow.
 * @throws {TypeError} as `pipeline` does. @throws {StateError} when the nursery is closed.
 * @example
 * await openNursery(async (nursery) => {
 *   const normalize = (line: string): string => line.trim().toLowerCase();
 *   await using left = weld<string>(nursery, ['One', 'Two'], map(normalize));
 *   await using right = weld<string>(nursery, ['one ', 'two'], map(normalize));
 *   for await (const item of left) if (item !== (await right.receive())) throw new Error('they differ');
 * });
 */
export function weld<T = unknown>(nursery: Nursery, source: unknown, ...sections: unknown[]): ReceiveChannel<T> {
  requireSource('weld', source);
  const flow = flowOf(source, requireSections('weld', sections, 3));
  const link = new Link();
  const reached = new WaitQueue<void>('the reader of a pipeline to come to its failure');
  const handle = nursery.startSoon(named('weld', () => run(flow, link, reached)));
  link.producer = handle;
  return new InputChannel<T>(link, (error) => {
    reached.wakeFirst();
    nursery.cancelScope.cancel(error instanceof Error ? error.message : undefined);
  });
}

async function run(flow: unknown, link: Link, reached: WaitQueue<void>): Promise<void> {
  const execution = new Execution();
  await execution.run(() => execution.runHere(flow, undefined, link));
  const { failure } = link;
  if (failure === undefined || link.closed) return;
  try {
    await reached.wait(undefined);
  } catch (error) {
    if (!isCancelled(error)) throw error;
  }
  throw groupOf([failure], []);
}
