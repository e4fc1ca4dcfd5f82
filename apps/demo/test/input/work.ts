import { Session } from 'node:inspector/promises';

interface Coverage {
  readonly result: readonly {
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

/**
 * How much work a function does: how often all the blocks of all functions are entered, libraries included. Unlike time it
 * is the same on every machine, however busy that is.
 */
export async function workOf(fn: () => unknown): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    fn();
    const { result } = (await session.post('Profiler.takePreciseCoverage')) as Coverage;
    const ranges = result.flatMap(({ functions }) => functions.flatMap((one) => one.ranges));
    return ranges.reduce((sum, { count }) => sum + count, 0);
  } finally {
    session.disconnect();
  }
}
