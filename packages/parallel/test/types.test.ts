import { expect, it } from '@jest/globals';
import { openWorkers, registerError, remote, runInWorker, transfer } from '@tercet/parallel';
import type { Executor, RemoteFunction } from '@tercet/parallel';
import type { Executor as PipelineExecutor } from '@tercet/pipeline';

const jobs = remote<typeof import('./jobs/typed.ts')>(new URL('./jobs/typed.ts', import.meta.url));

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<T extends true>(...values: T[]): void {
  expect(values).toEqual([]);
}

// Compiled, not called.
async function calls(workers: Executor): Promise<void> {
  const sum = await workers.run(jobs.add, 1, 2);
  is<Same<typeof sum, number>>();
  const loaded = await runInWorker(jobs.load, 'x');
  is<Same<typeof loaded, { readonly id: string }>>();
  // @ts-expect-error a wrong argument
  await workers.run(jobs.add, 1, 'two');
  // @ts-expect-error an argument is missing
  await workers.run(jobs.add, 1);
  // @ts-expect-error not a function of the module
  void jobs.LIMIT;
  // @ts-expect-error a plain function has no name that a worker could know
  await workers.run((a: number) => a, 1);
  const first = await workers.stream(jobs.rows, ['file'], async (rows) => (await rows.receive()).row);
  is<Same<typeof first, string>>();
  const number = await workers.stream(jobs.numbers, [3], (numbers) => numbers.receive());
  is<Same<typeof number, number>>();
  // @ts-expect-error its arguments are wrong
  await workers.stream(jobs.rows, [1], () => undefined);
  const all = await workers.map(jobs.load, ['a', 'b']);
  is<Same<typeof all, { readonly id: string }[]>>();
  // @ts-expect-error its items are wrong
  await workers.map(jobs.load, [1]);
  await openWorkers({ init: jobs.isOld, retire: jobs.isOld }, () => 1);
  // @ts-expect-error it must not want arguments
  await openWorkers({ init: jobs.load }, () => 1);
  const moved = transfer(new Uint8Array(1), []);
  is<Same<typeof moved, Uint8Array<ArrayBuffer>>>();
  registerError(class extends Error {});
  // @ts-expect-error not an error
  registerError(class {});
}

// A pipeline takes it.
const forPipelines = (workers: Executor): PipelineExecutor => workers;
const named: RemoteFunction<[a: number, b: number], number> = jobs.add;

it('the types of jobs are those of their module', () => {
  expect([calls, forPipelines, named]).toHaveLength(3);
  expect(jobs.add.name).toBe('add');
  expect(jobs.add.module).toMatch(/jobs\/typed\.ts$/);
  expect('then' in jobs).toBe(false);
});
