import { environment } from '../running/platform.ts';

const enabled = environment('TERCET_DEBUG') === '1';

/** The stack of the calling code, below the constructor given, when `TERCET_DEBUG=1` is set; taking it is expensive. */
export function siteOf(constructor: unknown): string | undefined {
  if (!enabled) return undefined;
  const holder: { stack?: string } = {};
  Error.captureStackTrace?.(holder, constructor as never);
  return holder.stack?.replace(/^.*\n/, '');
}
