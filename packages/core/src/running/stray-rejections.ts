import { isOnlyCancelled } from '../errors/absorb.ts';
import { withholdRejections } from '../undocumented/withhold-rejections.ts';

/**
 * Code that was called without `await`, whose promise is awaited too late, or that outlives its scope or its run, rejects a
 * promise that nobody has when it is cancelled. That must not end the process: nothing is lost with a `Cancelled`, and a
 * missing `await` is reported where it is missing. Begins with the first run of the process and stays for good, since such
 * code may come to its next checkpoint at any time.
 */
export function forgiveStrayCancellations(): void {
  withholdRejections(isOnlyCancelled);
}
