/**
 * Milliseconds of a clock that all threads and processes of this machine share. `performance.now()` is another one in each;
 * and the difference of the two, read once, would be wrong for ever when the thread lost its turn between the readings.
 */
export function monotonicNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
