// The network beside node:net and node:tls doing the same: server and client each in a process of its own, all variants in
// turn, again and again. The result is the median of the ratios of each round, because the machine drifts.
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Table } from './core.mjs';
import { median, shuffled } from './measure.mjs';

const side = fileURLToPath(new URL('net/side.mjs', import.meta.url));
const rounds = Number(process.env.ROUNDS ?? 11);

const oneWay = (transport, chunk, bytes, variants) => ({
  name: `one way, ${transport}, ${chunk / 1024} KiB`,
  unit: 'GB/s',
  workload: 'oneWay',
  transport,
  options: { chunk, bytes, warmUp: bytes / 4 },
  variants,
});
const pingPong = (transport, connections, variants) => ({
  name: `ping-pong of 64 bytes, ${transport}, ${connections} connection${connections > 1 ? 's' : ''}`,
  unit: '1/s',
  workload: 'pingPong',
  transport,
  options: { connections, size: 64, warmUp: 1500, milliseconds: 700 },
  // Left to itself, the system sometimes puts both ends of a single connection on one core, where they are four times as fast:
  // then what is measured is who was put where.
  cores: connections === 1 ? { server: 0, client: 1 } : undefined,
  variants: variants ?? { tercet: connections > 1 ? 0.85 : 0.9 },
});

// Variants where only one end is ours, and the other one is Node's own; otherwise both are of the variant.
const ONE_SIDED = {
  'any receives': { server: 'any', client: 'raw' },
  'any sends': { server: 'raw', client: 'any' },
};

// Small writes go through the queue that Node keeps for a socket, so their targets leave room for a promise at each one.
// What is not documented is only in TLS and in accepting, so only connects are also measured without it.
// One way for some seconds: within one, the two processes are still finding their pace.
const WORKLOADS = [
  oneWay('tcp', 65_536, 6e9, { tercet: 0.95 }),
  oneWay('tcp', 4096, 1.6e9, { tercet: 0.85 }),
  oneWay('unix', 65_536, 6e9, { tercet: 0.95, lend: 1.2 }),
  oneWay('unix', 4096, 2.4e9, { tercet: 0.85 }),
  pingPong('tcp', 1),
  pingPong('tcp', 100),
  pingPong('unix', 1),
  pingPong('unix', 100),
  oneWay('tls', 65_536, 2e9, { tercet: 1.1, lend: 1.1, any: 0.65, 'any receives': undefined, 'any sends': undefined }),
  pingPong('tls', 1, { tercet: undefined, any: undefined }),
  pingPong('tls', 100, { tercet: undefined, any: undefined }),
  {
    name: 'connect, accept, close, tcp',
    unit: '1/s',
    workload: 'connects',
    transport: 'tcp',
    // Each takes long, and the compiler needs tens of thousands until the code is fast.
    options: { connections: 1, warmUp: 8000, milliseconds: 1000 },
    variants: { tercet: 0.95, public: 0.85 },
  },
  {
    name: 'memory of an idle connection, tcp',
    unit: 'KiB',
    workload: 'idle',
    transport: 'tcp',
    options: { first: 1000, connections: 4000 },
    variants: { tercet: undefined },
  },
];

export default async function bench({ log, only }) {
  const table = new Table(log, ['workload', 'unit', 'Node', 'variant', 'measured', 'ratio', 'target']);
  for (const workload of WORKLOADS) {
    if (only !== undefined && !workload.name.includes(only)) continue;
    const results = await measure(workload);
    for (const [kind, target] of Object.entries(workload.variants)) {
      const ratios = results[kind].map((value, round) => value / results.raw[round]);
      const ratio = median(ratios);
      table.row([
        workload.name,
        workload.unit,
        shown(median(results.raw)),
        kind,
        shown(median(results[kind])),
        ratio.toFixed(2),
        target === undefined ? '' : `≥ ${target} ${ratio >= target ? '✓' : '✗'}`,
      ]);
    }
  }
}

async function measure(workload) {
  const kinds = ['raw', ...Object.keys(workload.variants)];
  const results = Object.fromEntries(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round++) {
    for (const kind of shuffled(kinds)) results[kind].push(await once(workload, kind));
  }
  return results;
}

async function once({ workload, transport, options, cores }, kind) {
  const path = transport === 'unix' ? join(tmpdir(), `tercet-bench-${process.pid}-${Math.random()}.sock`) : undefined;
  const secrets = transport === 'tls' ? { tls: identity() } : undefined;
  const kinds = ONE_SIDED[kind] ?? { server: kind, client: kind };
  const server = spawn('server', { kind: kinds.server, workload, target: { path, ...secrets }, options }, cores);
  let client;
  try {
    const { port } = await message(server, 'port');
    const target = { ...secrets, ...(path === undefined ? { host: '127.0.0.1', port } : { path }) };
    const result = workload === 'oneWay' || workload === 'idle' ? message(server, 'result') : undefined;
    client = spawn('client', { kind: kinds.client, workload, target, options }, cores);
    return (await (result ?? message(client, 'result'))).result;
  } finally {
    server.kill();
    client?.kill();
    if (path !== undefined) rmSync(path, { force: true });
  }
}

let made = undefined;

/** A certificate for localhost that signs itself, and its key. */
function identity() {
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(tmpdir(), 'tercet-bench-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true, force: true });
  return made;
}

function spawn(role, description, cores) {
  const child = fork(side, [role, JSON.stringify(description)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: ['--expose-gc'],
    env: { ...process.env, TERCET_DOCUMENTED_ONLY: description.kind === 'public' ? '1' : '' },
  });
  if (cores !== undefined && process.platform === 'linux' && cpus().length > 1) {
    execFileSync('taskset', ['-acp', String(cores[role]), String(child.pid)], { stdio: 'ignore' });
  }
  return child;
}

function message(child, key) {
  return new Promise((resolve, reject) => {
    child.on('message', (value) => key in value && resolve(value));
    child.on('exit', (code) => reject(new Error(`a side of the benchmark has ended with code ${code}`)));
    setTimeout(() => reject(new Error('a side of the benchmark does not answer')), 30_000).unref();
  });
}

function shown(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
