import type { ItemFunction } from '../describing/section.ts';
import { isThenable, NOTHING } from './input.ts';
import type { Input } from './input.ts';
import { SKIPPED } from './map-call.ts';
import { Mark } from './marks.ts';
import type { StageContext } from './stage-context.ts';

/** Runs `map` with a function that may be async, which is called for one item at a time. */
export async function mapOneByOne(call: ItemFunction, input: Input, context: StageContext): Promise<void> {
  const { chain, pacer } = context;
  for (;;) {
    const item = input.take();
    if (item === NOTHING) {
      if (!(await context.more(input))) return;
      continue;
    }
    if (item instanceof Mark) {
      const pending = context.mark(item);
      if (pending !== undefined) await pending;
      continue;
    }
    let value: unknown;
    try {
      value = call(item);
      if (isThenable(value)) value = await value;
    } catch (error) {
      throw context.blame(error);
    }
    if (value !== SKIPPED) {
      const pending = context.emit(value);
      if (pending !== undefined) await pending;
      if (chain.isOver) return;
    }
    if (pacer.isDue()) await pacer.turn();
  }
}
