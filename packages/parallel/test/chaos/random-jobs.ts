import type { CallOptions, Executor, RemoteFunction } from '@tercet/parallel';
import { remote } from '@tercet/parallel';

const jobs = remote(new URL('../jobs/chaos.mjs', import.meta.url)) as Record<string, RemoteFunction<any[], any>>;

/** How often a kind of job is chosen, among all. */
const WEIGHTS = {
  echo: 350,
  wait: 200,
  compute: 100,
  ignore: 50,
  fail: 60,
  stream: 90,
  failingStream: 40,
  leftStream: 30,
  forget: 20,
  exit: 20,
  crash: 15,
  eatMemory: 5,
  native: 20,
} as const;
type Kind = keyof typeof WEIGHTS;
const KINDS = Object.keys(WEIGHTS) as Kind[];
const TOTAL = Object.values(WEIGHTS).reduce((sum: number, weight) => sum + weight, 0);

function chooseKind(random: () => number): Kind {
  let left = random() * TOTAL;
  return KINDS.find((kind) => (left -= WEIGHTS[kind]) < 0) ?? 'echo';
}

async function takeAll(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

function randomOptions(random: () => number): CallOptions {
  return {
    onCancel: (['ask', 'ask', 'ask', 'kill', 'wait'] as const)[Math.floor(random() * 5)]!,
    grace: Math.floor(random() * 20),
    priority: Math.floor(random() * 3),
    ...(random() < 0.2 ? { onProgress: () => undefined } : {}),
  };
}

/** A call that is chosen at random. It gives its id, unless it fails, is cancelled, or its worker is lost. */
export function randomCall(random: () => number, workers: Executor, id: number): () => Promise<unknown> {
  const used = workers.with(randomOptions(random));
  const time = Math.floor(random() * 4);
  const run = (name: string, ...args: unknown[]): Promise<unknown> => used.run(jobs[name]!, ...args);
  switch (chooseKind(random)) {
    case 'echo':
      return () => run('echo', id);
    case 'wait':
      return () => run('wait', time, id);
    case 'compute':
      return () => run('compute', time, id);
    case 'ignore':
      return () => run('ignore', 10 * time, id);
    case 'fail':
      return () => run('fail', 'expected');
    case 'stream':
      return async () => {
        await used.with({ window: 8 }).stream(jobs['items']!, [20 * time, 1], takeAll);
        return id;
      };
    case 'failingStream':
      return () => used.stream(jobs['itemsThenFail']!, [10], takeAll);
    case 'leftStream':
      return () => used.stream(jobs['items']!, [1000, 1], async (items) => (await items.receive(), id));
    case 'forget':
      // When its deadline has passed before it begins, nothing that it begins goes on, and it is right to return.
      return () => run('forget').then(() => id);
    case 'exit':
      return () => run('exit');
    case 'crash':
      return () => run('crashSoon').then(() => id);
    case 'eatMemory':
      return () => run('eatMemory');
    case 'native':
      return () => run('native', 0.01, id);
  }
}
