import { environment, process, setImmediate } from '../platform/platform.ts';
import type { ProcessLike } from '../platform/platform.ts';

const EVENT = 'unhandledRejection';
const withholding = Symbol.for('@tercet/core/withholding@1');

/**
 * Hides unhandled rejections from the process if `forgives` accepts them. All other rejections are treated as before, by the flag
 * `--unhandled-rejections` and by other listeners.
 *
 * A listener for `unhandledRejection` cannot do that. While there is a listener, Node treats each rejection as handled, and a
 * listener cannot undo that: strict mode throws before it calls listeners, and other listeners that pass on unknown rejections do
 * so only if they are the only one. So this wraps `process.emit`, through which Node emits the event; that is not documented.
 * Where events take another way (Bun, Deno), and with `TERCET_DOCUMENTED_ONLY=1`, it adds a listener after all.
 *
 * Done once for the process, by the first copy of the library that calls it.
 */
export function withholdRejections(forgives: (reason: unknown) => boolean): void {
  if (process === undefined || withholding in process) return;
  try {
    Object.defineProperty(process, withholding, { value: true });
    const { versions, emit } = process;
    const documentedOnly = environment('TERCET_DOCUMENTED_ONLY') === '1';
    const emitsElsewhere = (versions?.['bun'] ?? versions?.['deno']) !== undefined;
    if (documentedOnly || emitsElsewhere || emit === undefined) listen(process, forgives);
    else
      Object.defineProperty(process, 'emit', {
        value: emitterWithout(emit, forgives),
        writable: true,
        configurable: true,
      });
  } catch {
    // The program has sealed its process object.
  }
}

type Emit = (this: unknown, ...event: unknown[]) => unknown;

function emitterWithout(emit: Emit, forgives: (reason: unknown) => boolean): Emit {
  const withheld = new WeakSet();
  return function (...event) {
    const [name, first, second] = event;
    // In strict mode a rejection is an exception first, of this origin.
    if ((name === EVENT || second === EVENT) && forgives(first)) {
      if (name === EVENT) withheld.add(second as object);
      return true;
    }
    // A rejection that was hidden is not reported as handled later either.
    return (name === 'rejectionHandled' && withheld.has(first as object)) || Reflect.apply(emit, this, event);
  };
}

function listen(target: ProcessLike, forgives: (reason: unknown) => boolean): void {
  const listener = (reason: unknown): void => {
    if (forgives(reason) || target.listenerCount?.(EVENT) !== 1) return;
    // Rejects again without a listener, so that the platform does what it does by default.
    target.off?.(EVENT, listener);
    void Promise.reject(reason);
    setImmediate(() => target.on?.(EVENT, listener));
  };
  target.on?.(EVENT, listener);
}
