/**
 * The error that `throwIfCancelRequested` throws. `isCancelled` of `@tercet/core` holds for it, and yet that package need not
 * be loaded: a worker that only computes starts without it.
 */
export class CancelRequestedError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'Cancelled', writable: true, configurable: true });
    Object.defineProperty(this.prototype, Symbol.for('@tercet/core/Cancelled'), { value: true });
  }
  readonly source = 'explicit';

  constructor() {
    super('cancelled due to explicit, because the caller of this job has been cancelled');
  }
}

/** A `Cancelled`, whichever class it has. */
export function isCancelled(error: unknown): boolean {
  try {
    return (error as Record<symbol, unknown> | null)?.[Symbol.for('@tercet/core/Cancelled')] === true;
  } catch {
    return false;
  }
}
