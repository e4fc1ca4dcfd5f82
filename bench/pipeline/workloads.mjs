// Pipelines beside async generators, Effect's Stream, transforms of Node and of the web, rxjs, p-map, and Slurry's design: a
// task for each section and a channel between two of them. An implementation returns the time of the processor that it has
// used, in milliseconds, since the machine may be busy with something else.
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline as nodePipeline } from 'node:stream/promises';
import { openNursery, run } from '@tercet/core';
import { buffer, map, pipeline } from '@tercet/pipeline';
import { openMemoryChannel } from '@tercet/sync';
import { Effect, Stream } from 'effect';
import pMap, { pMapIterable } from 'p-map';
import { from, map as rxMap, reduce as rxReduce, lastValueFrom } from 'rxjs';

const add = (x) => x + 1;
const double = (x) => x * 2;
const subtract = (x) => x - 3;
const FUNCTIONS = [add, double, subtract];
const ASYNC = FUNCTIONS.map((fn) => async (x) => fn(x));

function* numbers(count) {
  for (let number = 0; number < count; number++) yield number;
}

const arrays = new Map();
const array = (count) => {
  if (!arrays.has(count)) arrays.set(count, Array.from(numbers(count)));
  return arrays.get(count);
};

async function* generate(count) {
  yield* array(count);
}

async function* generatorMap(source, fn) {
  for await (const item of source) yield fn(item);
}

async function* generatorMapAsync(source, fn) {
  for await (const item of source) yield await fn(item);
}

async function sumOf(source) {
  let sum = 0;
  for await (const item of source) sum += item;
  return sum;
}

const sumUp = async (flow) => {
  let sum = 0;
  await flow.forEach((item) => {
    sum += item;
  });
  return sum;
};

/** A section as Slurry makes it. */
async function slurrySection(receive, send, fn) {
  using _ = send;
  for await (const item of receive) await send.send(fn(item));
}

async function slurry(count, capacity) {
  let sum = 0;
  await openNursery(async (nursery) => {
    const [first, start] = openMemoryChannel(capacity);
    nursery.startSoon(async () => {
      using _ = first;
      for (const item of array(count)) await first.send(item);
    });
    let input = start;
    for (const fn of FUNCTIONS) {
      const [send, receive] = openMemoryChannel(capacity);
      nursery.startSoon(slurrySection, input, send, fn);
      input = receive;
    }
    for await (const item of input) sum += item;
  });
  return sum;
}

function nodeTransforms(count) {
  let sum = 0;
  const stages = FUNCTIONS.map(
    (fn) => new Transform({ objectMode: true, transform: (item, _encoding, done) => done(null, fn(item)) }),
  );
  const sink = new Writable({ objectMode: true, write: (item, _encoding, done) => ((sum += item), done()) });
  return nodePipeline(Readable.from(numbers(count)), ...stages, sink).then(() => sum);
}

function webTransforms(count) {
  let stream = ReadableStream.from(numbers(count));
  for (const fn of FUNCTIONS) {
    stream = stream.pipeThrough(new TransformStream({ transform: (item, controller) => controller.enqueue(fn(item)) }));
  }
  return sumOf(stream);
}

/** Real work for a concurrent map: the event loop turns once. */
const turn = (item) => new Promise((resolve) => setImmediate(resolve, item));

async function bareLoops(count, concurrency) {
  const results = new Array(count);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await turn(index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}

const sectionsOf = (count) => Array.from({ length: count }, () => map(add));
const flowOf = (count, sections) => {
  let flow = pipeline(array(count));
  for (const section of sections) flow = flow.through(section);
  return flow;
};

const workloads = [
  {
    name: '3 sync sections',
    count: 100_000,
    shares: { 'node transforms': 0.3, 'web transforms': 0.1 },
    targets: [
      { than: 'async generators', atMost: 0.18 },
      { than: 'effect', atMost: 0.45 },
      { than: 'rxjs', atMost: 1.8 },
    ],
    implementations: {
      tercet: (count) => sumUp(pipeline(array(count), map(add), map(double), map(subtract))),
      'async generators': (count) => sumOf(FUNCTIONS.reduce(generatorMap, generate(count))),
      effect: (count) =>
        Effect.runPromise(
          Stream.runFold(
            Stream.fromIterable(array(count)).pipe(Stream.map(add), Stream.map(double), Stream.map(subtract)),
            () => 0,
            (sum, item) => sum + item,
          ),
        ),
      rxjs: (count) =>
        lastValueFrom(
          from(array(count)).pipe(
            rxMap(add),
            rxMap(double),
            rxMap(subtract),
            rxReduce((sum, item) => sum + item, 0),
          ),
        ),
      'node transforms': nodeTransforms,
      'web transforms': webTransforms,
    },
  },
  {
    name: '3 sync sections, async generator',
    count: 100_000,
    implementations: {
      tercet: (count) => sumUp(pipeline(generate(count), map(add), map(double), map(subtract))),
      'async generators': (count) => sumOf(FUNCTIONS.reduce(generatorMap, generate(count))),
    },
  },
  {
    name: '3 stages',
    count: 100_000,
    shares: { 'node transforms': 0.3 },
    targets: [
      { than: 'async generators', atMost: 0.4 },
      { than: 'node transforms', atMost: 0.25 },
      { than: 'slurry, capacity 0', atMost: 0.25 },
    ],
    implementations: {
      tercet: (count) => sumUp(pipeline(array(count), map(add), buffer(64), map(double), buffer(64), map(subtract))),
      'async generators': (count) => sumOf(FUNCTIONS.reduce(generatorMap, generate(count))),
      'node transforms': nodeTransforms,
      'slurry, capacity 0': (count) => slurry(count, 0),
      'slurry, capacity 64': (count) => slurry(count, 64),
    },
  },
  {
    name: '3 async functions',
    count: 100_000,
    shares: { effect: 0.1 },
    targets: [
      { than: 'async generators', atMost: 0.75 },
      { than: 'effect', atMost: 0.25 },
    ],
    implementations: {
      tercet: (count) => sumUp(pipeline(array(count), ...ASYNC.map((fn) => map(fn)))),
      'async generators': (count) => sumOf(ASYNC.reduce(generatorMapAsync, generate(count))),
      effect: (count) =>
        Effect.runPromise(
          Stream.runFold(
            ASYNC.reduce(
              (stream, fn) => Stream.mapEffect(stream, (item) => Effect.promise(() => fn(item))),
              Stream.fromIterable(array(count)),
            ),
            () => 0,
            (sum, item) => sum + item,
          ),
        ),
    },
  },
  {
    name: 'ordered map, 16 at once',
    count: 20_000,
    shares: { effect: 0.2 },
    targets: [
      { than: 'bare loops', atMost: 1.4 },
      { than: 'p-map', atMost: 0.6 },
      { than: 'effect', atMost: 0.2 },
    ],
    implementations: {
      tercet: (count) => pipeline(array(count), map(turn, { concurrency: 16 })).toArray(),
      'bare loops': (count) => bareLoops(count, 16),
      'p-map': async (count) => {
        const results = [];
        for await (const result of pMapIterable(array(count), turn, { concurrency: 16, backpressure: 32 }))
          results.push(result);
        return results;
      },
      'p-map, not lazy': (count) => pMap(array(count), turn, { concurrency: 16 }),
      effect: (count) =>
        Effect.runPromise(
          Stream.runCollect(
            Stream.mapEffect(Stream.fromIterable(array(count)), (item) => Effect.promise(() => turn(item)), {
              concurrency: 16,
            }),
          ),
        ),
    },
  },
  {
    name: '1 sync section',
    count: 100_000,
    implementations: { tercet: (count) => sumUp(flowOf(count, sectionsOf(1))) },
  },
  {
    name: '12 sync sections',
    count: 100_000,
    implementations: { tercet: (count) => sumUp(flowOf(count, sectionsOf(12))) },
  },
  {
    name: 'a lone item through 10 stages',
    count: 2000,
    targets: [{ than: 'one channel hop', atMost: 13 }],
    implementations: {
      tercet: async (count) => {
        const [send, receive] = openMemoryChannel(0);
        const flow = pipeline(receive, ...Array.from({ length: 10 }, () => [map(add), buffer(64)]).flat());
        await flow.open(async (items) => {
          for (let number = 0; number < count; number++) {
            await send.send(number);
            await items.receive();
          }
        });
      },
      'one channel hop': (count) =>
        openNursery(async (nursery) => {
          const [send, receive] = openMemoryChannel(0);
          nursery.startSoon(async () => {
            using _ = send;
            for (let number = 0; number < count; number++) await send.send(number);
          });
          for await (const _ of receive);
        }),
    },
  },
];

/** The time of the processor, in milliseconds. */
async function timed(implementation, count) {
  const begin = process.cpuUsage();
  await implementation(count);
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}

const inRun = (who) => who.startsWith('tercet') || who.startsWith('slurry') || who === 'one channel hop';

export default workloads.map((workload) => ({
  ...workload,
  file: '../pipeline/workloads.mjs',
  implementations: Object.fromEntries(
    Object.entries(workload.implementations).map(([who, implementation]) => [
      who,
      inRun(who) ? (count) => run(() => timed(implementation, count)) : (count) => timed(implementation, count),
    ]),
  ),
}));
