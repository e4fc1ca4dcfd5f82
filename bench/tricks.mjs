// The effect of each trick on a whole application: an echo server, an HTTP server with a task and a deadline for each request, a
// file server, the same over TLS, and a program that pipes a gigabyte from one process to another.
//
// The result is the processor time that the application needs for a fixed amount of work, without the trick, divided by that
// with it. All variants run in each round, in random order, and a ratio is formed within the round; the median is reported.
// A trick is kept if at least one application needs 10 % more without it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Table } from './core.mjs';
import { median, shuffled } from './measure.mjs';
import { LOADS } from './tricks/loads.mjs';

const file = (name) => fileURLToPath(new URL(`tricks/${name}.mjs`, import.meta.url));
const ROUNDS = Number(process.env.ROUNDS ?? 7);

const SOCKETS = ['context maps', 'sockets of accepted handles'];
const MEMORY = ['ballast, and memory that malloc keeps', 'where in a page memory begins'];

/** The tricks that an application uses. */
const APPLICATIONS = {
  echo: SOCKETS,
  http: ['context maps'],
  files: [...SOCKETS, ...MEMORY],
  'files over TLS': ['TLS on the socket'],
  pipe: ["a child's pipe moved to another socket", ...MEMORY],
};

export default async function bench({ log, only }) {
  const table = new Table(log, ['application', 'without', 'processor time', 'verdict']);
  for (const [application, tricks] of Object.entries(APPLICATIONS)) {
    if (only !== undefined && application !== only) continue;
    const variants = ['', ...tricks];
    const results = Object.fromEntries(variants.map((variant) => [variant, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const variant of shuffled(variants)) results[variant].push(await measure(application, variant));
    }
    for (const trick of tricks) {
      const ratio = median(results[trick].map((used, round) => used / results[''][round]));
      table.row([application, trick, `${ratio.toFixed(2)} ×`, ratio >= 1.1 ? 'brings 10 % or more' : 'brings less']);
    }
  }
}

/** @returns the processor time of an application without a trick, in microseconds; all tricks are there if it is empty. */
async function measure(application, without) {
  const server = fork(file('server'), [application], {
    execArgv: ['--conditions=@tercet/source', '--disable-warning=ExperimentalWarning', '--import', file('without')],
    env: { ...process.env, WITHOUT: without },
  });
  const next = async (message) => {
    if (message !== undefined) server.send(message);
    const [reply] = await Promise.race([once(server, 'message'), once(server, 'exit').then(() => [undefined])]);
    if (reply === undefined) throw new Error(`the application ${application} has ended without '${without}'`);
    return reply;
  };
  try {
    const { port } = await next();
    const load = LOADS[application];
    // It works without clients, and measures itself.
    if (load === undefined) return (await next()).used;
    await load(port);
    const { cpu: before } = await next('cpu');
    await load(port);
    const { cpu: after } = await next('cpu');
    return after - before;
  } finally {
    const ended = once(server, 'exit');
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGKILL');
      await ended;
    }
  }
}
