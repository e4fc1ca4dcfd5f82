import { isOnlyCancelled } from '../errors/absorb.ts';
import { withholdRejections } from '../undocumented/withhold-rejections.ts';

/**
 * Keeps stray cancellations from ending the process. The promise of cancelled code may never be awaited, or too late, or the
 * code has outlived its scope or run. Then its promise is rejected with a `Cancelled` that no code handles. Nothing is
 * lost with it, and a missing `await` is reported separately. This begins with the first run of the process and stays, since
 * such code may come to its next checkpoint at any time.
 */
export function forgiveStrayCancellations(): void {
  withholdRejections(isOnlyCancelled);
}
