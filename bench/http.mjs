// HTTP with a task and a deadline for each request, beside bare node:http with the same handler, the same with
// AbortSignal.timeout, and the servers of Fastify and Effect with their own deadlines. The server and its clients each have a
// process. The result is the server's processor time for a request, which other work on the machine affects least. All variants
// run in each round, in random order, and a ratio is formed within the round; the median is reported.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Table } from './core.mjs';
import { median, shuffled } from './measure.mjs';

const file = (name) => fileURLToPath(new URL(`http/${name}.mjs`, import.meta.url));
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const KINDS = ['node', 'signal', 'tercet', 'fastify', 'effect'];
const TARGETS = { node: 1.1, signal: 0.95 };

const LOAD = { connections: 50, warmUp: 20_000, requests: 20_000 };
const IN_FLIGHT = 2000;

export default async function bench({ log, only }) {
  const kinds = KINDS.filter((kind) => only === undefined || only.split(',').includes(kind) || kind === 'tercet');
  const results = Object.fromEntries(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of shuffled(kinds)) results[kind].push(await measure(kind));
  }
  const table = new Table(log, ['server', 'µs of processor', 'tercet is', 'target', 'requests/s', 'KiB in flight']);
  for (const kind of kinds) {
    const of = (key) => results[kind].map((result) => result[key]);
    const ratio = median(results.tercet.map(({ cpu }, round) => cpu / results[kind][round].cpu));
    const target = TARGETS[kind];
    table.row([
      kind,
      median(of('cpu')).toFixed(1),
      kind === 'tercet' ? '' : ratio.toFixed(2),
      target === undefined ? '' : `≤ ${target} ${ratio <= target ? '✓' : '✗'}`,
      median(of('rate')).toFixed(0),
      median(of('memory')).toFixed(2),
    ]);
  }
}

/** @returns microseconds of processor time for a request, requests per second, and KiB for a request that waits. */
async function measure(kind) {
  const server = fork(file('server'), [kind], { execArgv: ['--expose-gc'] });
  const client = fork(file('client'));
  try {
    const { port } = await answer(server);
    const ask = (child, question) => {
      child.send(question);
      return answer(child);
    };
    await ask(client, { load: { port, connections: LOAD.connections, requests: LOAD.warmUp } });
    const before = await ask(server, 'usage');
    await ask(client, { load: { port, connections: LOAD.connections, requests: LOAD.requests } });
    const after = await ask(server, 'usage');
    await ask(client, { connect: { port, connections: IN_FLIGHT } });
    const idle = await ask(server, 'memory');
    await ask(client, 'wait');
    const busy = await ask(server, { waiting: IN_FLIGHT });
    return {
      cpu: (after.cpu - before.cpu) / LOAD.requests,
      rate: LOAD.requests / ((after.time - before.time) / 1000),
      memory: (busy.memory - idle.memory) / IN_FLIGHT / 1024,
    };
  } finally {
    server.kill('SIGKILL');
    client.kill('SIGKILL');
  }
}

function answer(child) {
  return new Promise((resolve, reject) => {
    const end = setTimeout(() => reject(new Error('a side of the benchmark does not answer')), 60_000);
    const onExit = (code) => reject(new Error(`a side of the benchmark has ended with code ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      clearTimeout(end);
      child.off('exit', onExit);
      resolve(message);
    });
  });
}
