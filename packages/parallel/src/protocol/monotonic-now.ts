// The zero of `performance.now()` is another one in each thread, while that of `process.hrtime()` is the machine's.
const [seconds, nanoseconds] = process.hrtime();
const offset = seconds * 1000 + nanoseconds / 1e6 - performance.now();

/** Milliseconds of a clock that all threads and processes of this machine share. */
export function monotonicNow(): number {
  return performance.now() + offset;
}
