import { environment } from '../platform/platform.ts';

const enabled = environment('TERCET_DEBUG') === '1';

const sites = new WeakMap<object, string>();

/** Stores the stack of the calling code, below a function if one is given. Only with `TERCET_DEBUG=1`, since it is expensive. */
export function noteSite(object: object, below: unknown): void {
  if (!enabled) return;
  const holder: { stack?: string } = {};
  Error.captureStackTrace?.(holder, below as never);
  if (holder.stack !== undefined) sites.set(object, holder.stack.replace(/^.*\n/, ''));
}

/** The stack that `noteSite` has stored. */
export function siteOf(object: object): string | undefined {
  return sites.get(object);
}
