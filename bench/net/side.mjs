// One side of a benchmark, in a process of its own: `node side.mjs server|client '{…}'`. It talks to its parent by IPC.
import net from 'node:net';
import * as raw from './raw.mjs';

const [role, json] = process.argv.slice(2);
const { kind, workload, target, options } = JSON.parse(json);
const { make } = kind === 'raw' ? { make: undefined } : await import('./tercet.mjs');
const library = make === undefined ? raw : make(kind);

const SERVERS = { oneWay: 'sink', pingPong: 'echo', connects: 'acceptAndClose', idle: 'hold' };
const CLIENTS = { oneWay: 'source', pingPong: 'pingPong', connects: 'connectAndClose' };

if (role === 'server') {
  const before = memory();
  const report = {
    held: (connections) => setTimeout(() => process.send({ result: (memory() - before) / connections / 1024 }), 200),
    start: () => ({ time: performance.now(), cpu: process.cpuUsage() }),
    done: (bytes, begin) => {
      const seconds = (performance.now() - begin.time) / 1000;
      const { user, system } = process.cpuUsage(begin.cpu);
      process.send({ result: bytes / seconds / 1e9, cpu: (user + system) / 1e6 / (bytes / 1e9) });
    },
  };
  const { port } = await library[SERVERS[workload]](target, report, options);
  process.send({ port });
  process.on('disconnect', () => process.exit());
} else if (workload === 'idle') {
  // The server is what is measured; these are as they may be.
  const sockets = [];
  for (let i = 0; i < options.connections; i++) sockets.push(net.connect({ host: target.host, port: target.port }));
  process.on('disconnect', () => process.exit());
} else {
  const count = await library[CLIENTS[workload]](target, options);
  if (workload !== 'oneWay') process.send({ result: count / (options.milliseconds / 1000) });
  process.disconnect();
  setTimeout(() => process.exit(), 1000).unref();
}

function memory() {
  globalThis.gc();
  return process.memoryUsage().rss;
}
