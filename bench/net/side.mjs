// One side of a benchmark, in a process of its own: `node side.mjs server|client '{…}'`. It talks to its parent by IPC.
import net from 'node:net';
import { Meter } from './meter.mjs';
import * as raw from './raw.mjs';

const [role, json] = process.argv.slice(2);
const { kind, workload, target, options } = JSON.parse(json);
const { make } = kind === 'raw' ? { make: undefined } : await import('./tercet.mjs');
const library = make === undefined ? raw : make(kind);
const meter = new Meter(options.warmUp);

const SERVERS = { oneWay: 'sink', pingPong: 'echo', connects: 'acceptAndClose', idle: 'hold' };
const CLIENTS = { oneWay: 'source', pingPong: 'pingPong', connects: 'connectAndClose' };

if (role === 'server') {
  let before;
  const report = {
    received: (bytes) => meter.count(bytes),
    ended: () => {
      const { perSecond, cpu } = meter.rates();
      process.send({ result: perSecond / 1e9, cpu: cpu * 1e9 });
    },
    // The cost of the first ones includes things that are there once: code, and room in the heap.
    held: (count) => {
      const { first, connections } = options;
      if (count === first) setTimeout(() => (before = memory()), 300);
      if (count === connections) {
        setTimeout(() => process.send({ result: (memory() - before) / (connections - first) / 1024 }), 300);
      }
    },
  };
  const { port } = await library[SERVERS[workload]](target, report, options);
  process.send({ port });
  process.on('disconnect', () => process.exit());
} else if (workload === 'idle') {
  // The server is what is measured; these are as they may be.
  const sockets = [];
  const open = (count) => {
    for (let i = 0; i < count; i++) sockets.push(net.connect({ host: target.host, port: target.port }));
  };
  open(options.first);
  setTimeout(() => open(options.connections - options.first), 1500);
  process.on('disconnect', () => process.exit());
} else if (workload === 'oneWay') {
  await library[CLIENTS[workload]](target, options);
  end();
} else {
  const { perSecond, cpu } = await meter.during(options.milliseconds, () =>
    library[CLIENTS[workload]](target, options, meter),
  );
  process.send({ result: perSecond, cpu });
  end();
}

function end() {
  process.disconnect();
  setTimeout(() => process.exit(), 1000).unref();
}

function memory() {
  globalThis.gc();
  return process.memoryUsage().rss;
}
