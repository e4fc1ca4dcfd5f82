import { Table } from '../core.mjs';

/**
 * A queue of W worker programs, each with `concurrency` jobs at a time and one event loop, and one Redis, which does one thing at a time:
 * the throughput is what the slower of the two allows. The figures are processor time, so other work on the machine that
 * measures does not change them much.
 */
export function describeModel(log, { redis, work, own }, concurrency) {
  const [ceiling, perProgram, perCaller] = [redis, work, own].map((milliseconds) => 1000 / milliseconds);
  log(
    `\nWith 256 calls under way, one job costs Redis ${(redis * 1000).toFixed(0)} µs of its one thread: one queue ends at about ` +
      `${ceiling.toFixed(0)} jobs a second, however many workers there are. It costs its worker program ` +
      `${(work * 1000).toFixed(0)} µs, so one program ends at ${perProgram.toFixed(0)} a second, and its caller ` +
      `${(own * 1000).toFixed(0)} µs: ${perCaller.toFixed(0)} a second.\n`,
  );
  const table = new Table(log, ['time of a job', 'jobs a second by 1 worker', '4', '16', '64', 'it bends at']);
  for (const milliseconds of [1, 10, 100, 1000, 10_000]) {
    const one = Math.min((concurrency * 1000) / milliseconds, perProgram);
    const cells = [1, 4, 16, 64].map((workers) => Math.min(one * workers, ceiling).toFixed(0));
    table.row([`${milliseconds} ms`, ...cells, `${Math.max(1, Math.ceil(ceiling / one))} workers`]);
  }
}
