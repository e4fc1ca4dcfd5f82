import { environment, process, setImmediate } from './platform.ts';

const withholding = Symbol.for('@tercet/core/withholding@1');

/**
 * Withholds from the process the rejections that nobody handles, if `forgives` says so. All others are as if this were not
 * there: each goes its way as the flag `--unhandled-rejections` says, and to whoever else listens.
 *
 * A listener for `unhandledRejection` cannot do that. While there is one, Node takes every rejection for handled, and from
 * within it none can be given back: not in strict mode, which throws before it asks, and not to other listeners, of which
 * each leaves to Node what it does not know only while it is alone. So the event itself is withheld, where Node emits it,
 * which is not documented. Where events come in another way (Bun, Deno), and with `TERCET_DOCUMENTED_ONLY=1`, it is a
 * listener nevertheless.
 *
 * Done once for the process, by whichever copy of the library comes first.
 */
export function withholdRejections(forgives: (reason: unknown) => boolean): void {
  if (process === undefined || (process as { [withholding]?: boolean })[withholding] === true) return;
  try {
    Object.defineProperty(process, withholding, { value: true });
    if (process.emit !== undefined && emitsThroughProcess()) withhold(process.emit, forgives);
    else listen(forgives);
  } catch {
    // The program has sealed its process object.
  }
}

function emitsThroughProcess(): boolean {
  const { bun, deno } = process?.versions ?? {};
  return (bun ?? deno) === undefined && environment('TERCET_DOCUMENTED_ONLY') !== '1';
}

function withhold(emit: (...event: unknown[]) => unknown, forgives: (reason: unknown) => boolean): void {
  const withheld = new WeakSet<object>();
  const emitOthers = function (this: unknown, ...event: unknown[]): unknown {
    const [name, first, second] = event;
    if (name === 'unhandledRejection') {
      if (forgives(first)) {
        withheld.add(second as object);
        return true;
      }
    } else if (name === 'rejectionHandled') {
      // Who was not told of the rejection is not told that it has been handled after all.
      if (withheld.has(first as object)) return true;
    } else if (second === 'unhandledRejection' && isException(name) && forgives(first)) {
      // In strict mode a rejection is an exception first.
      return true;
    }
    return Reflect.apply(emit, this, event);
  };
  Object.defineProperty(process, 'emit', { value: emitOthers, writable: true, configurable: true });
}

function isException(name: unknown): boolean {
  return name === 'uncaughtException' || name === 'uncaughtExceptionMonitor';
}

function listen(forgives: (reason: unknown) => boolean): void {
  const event = 'unhandledRejection';
  const listener = (reason: unknown): void => {
    if (forgives(reason) || process?.listenerCount?.(event) !== 1) return;
    // Given back: without a listener the platform does what it does by default.
    process.off?.(event, listener);
    void Promise.reject(reason);
    setImmediate(() => process?.on?.(event, listener));
  };
  process?.on?.(event, listener);
}
