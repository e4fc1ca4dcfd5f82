import { environment } from '../platform/platform.ts';

const enabled = environment('TERCET_DEBUG') === '1';

const sites = new WeakMap<object, string>();

/** Remembers the stack of the calling code, below a function if one is given, when `TERCET_DEBUG=1` is set; taking it is expensive. */
export function noteSite(object: object, below: unknown): void {
  if (!enabled) return;
  const holder: { stack?: string } = {};
  Error.captureStackTrace?.(holder, below as never);
  if (holder.stack !== undefined) sites.set(object, holder.stack.replace(/^.*\n/, ''));
}

/** What `noteSite` has noted. */
export function siteOf(object: object): string | undefined {
  return sites.get(object);
}
