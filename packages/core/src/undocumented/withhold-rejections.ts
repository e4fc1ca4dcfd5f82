import { environment, process, setImmediate } from '../platform/platform.ts';
import type { ProcessLike } from '../platform/platform.ts';

const EVENT = 'unhandledRejection';
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
    // Who was not told of a rejection is not told that it has been handled after all.
    return (name === 'rejectionHandled' && withheld.has(first as object)) || Reflect.apply(emit, this, event);
  };
}

function listen(target: ProcessLike, forgives: (reason: unknown) => boolean): void {
  const listener = (reason: unknown): void => {
    if (forgives(reason) || target.listenerCount?.(EVENT) !== 1) return;
    // Given back: without a listener the platform does what it does by default.
    target.off?.(EVENT, listener);
    void Promise.reject(reason);
    setImmediate(() => target.on?.(EVENT, listener));
  };
  target.on?.(EVENT, listener);
}
