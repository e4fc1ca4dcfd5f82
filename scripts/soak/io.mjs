// npm run soak:io [-- seconds [seed]]: sockets, files and processes on the real system, while peers vanish, processes are
// killed, the disk is full and descriptors run out. After each round no descriptor, process, file or handle may be left;
// after all of them the heap may not have grown. Linux only, since it counts in /proc. Runs on any Node: it uses the built
// packages.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isCancelled, moveOnAfter, openNursery, run, sleep, TercetError } from '@tercet/core';
import { seededRandom } from '@tercet/core/lowlevel';
import { FsError, openFile, openTemporaryDirectory, Path, writeAtomic } from '@tercet/fs';
import * as net from '@tercet/net';
import { CalledProcessError, OutputLimitError, runProcess } from '@tercet/proc';
import { children, descriptors } from '../process-figures.mjs';
import { resetSocket } from '../reset-socket.mjs';
import { makeAuthority } from '../test-authority.mjs';
import { withResource } from '../with-resource.mjs';
import { growth } from './heap-growth.mjs';
import { watchRound } from './watch-round.mjs';

const seconds = Number(process.argv[2] ?? 60);
const firstSeed = Number(process.argv[3] ?? 1);
const WORKERS = 12;
const STEPS = 8;
const WARM_UP = 10;

// Where a process may have a million descriptors, taking all of them would fill the memory of the system.
execFileSync('prlimit', [`--pid=${process.pid}`, '--nofile=4096:']);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const folder = mkdtempSync(join(tmpdir(), 'tercet-soak-'));
const authority = makeAuthority('soak');
const identity = { ca: authority.cert, ...authority.issue('localhost', '127.0.0.1') };

class Injected extends Error {}

/** Errors that the system, a peer or this program has caused on purpose. */
function isExpected(error) {
  if (error instanceof Injected || isCancelled(error)) return true;
  if (error?.errors !== undefined) return error.errors.every(isExpected);
  if (error instanceof FsError || error instanceof CalledProcessError || error instanceof OutputLimitError) return true;
  const code = error?.code ?? error?.cause?.code;
  if (typeof code === 'string' && /^(E[A-Z]+|ERR_SSL|ERR_TLS)/.test(code) && !/^ERR_(?!SSL|TLS)/.test(code))
    return true;
  return error instanceof TercetError && error.name !== 'StateError' && error.name !== 'UnawaitedError';
}

const targets = () =>
  readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return '';
    }
  });

async function round(seed, rememberRun) {
  const random = seededRandom(seed);
  const below = (limit) => Math.floor(random() * limit);
  const pick = (list) => list[below(list.length)];
  // Not in the rounds without descriptors: Node leaves the pipes of a process open that it cannot start for want of them.
  const startsProcesses = seed % 2 === 1;
  const home = join(folder, String(seed));
  mkdirSync(home);
  const ports = {};

  async function echo(stream) {
    for await (const bytes of stream) {
      if (random() < 0.02) throw new Injected('handler');
      await stream.sendAll(bytes);
    }
  }
  const options = { host: '127.0.0.1', maxConnections: 50, onHandlerError: (error) => fail(error) };

  async function talk(open) {
    const sent = Buffer.alloc(1 + below(100_000), 'x');
    let left = sent.length;
    await openNursery(async (nursery) => {
      nursery.startSoon(() => open.sendAll(sent));
      while (left > 0) {
        const bytes = await open.receiveSome();
        if (bytes === null) throw new Injected('the server has left');
        left -= bytes.length;
      }
    });
  }

  const processes = [
    () => runProcess('cat', { stdin: 'x'.repeat(below(200_000)), captureStdout: true }),
    () => moveOnAfter(below(40), () => runProcess('sleep', ['100'])),
    () =>
      moveOnAfter(below(40), () =>
        runProcess('sh', ['-c', 'yes & yes >&2; wait'], { killTree: true, captureStdout: true, stderr: 'ignore' }),
      ),
    () => runProcess('sh', ['-c', 'kill -9 $$'], { captureStderr: true }),
    () => runProcess('head', ['-c', '10'], { stdin: Buffer.alloc(below(300_000)), captureStdout: true }),
    () =>
      openNursery(async (nursery) => {
        const child = await nursery.start((taskStatus) =>
          runProcess('cat', { stdin: 'pipe', stdout: 'ignore', check: false, taskStatus }),
        );
        if (random() < 0.5) process.kill(child.pid, 'SIGKILL');
        await child.stdin?.sendAll('x'.repeat(below(200_000)));
        await child.stdin?.close();
      }),
  ];
  const operations = [
    async () => withResource(await net.openTcpStream('127.0.0.1', ports.tcp), talk),
    async () => withResource(await net.openUnixSocket(join(home, 'socket')), talk),
    async () => withResource(await net.openTlsStream('127.0.0.1', ports.tls, { ca: identity.ca }), talk),
    // Peers that vanish in every state, or speak another protocol.
    async () => {
      const socket = connect(pick([ports.tcp, ports.tls]), '127.0.0.1').on('error', () => undefined);
      if (random() < 0.7) socket.write(pick(['GET / HTTP/1.1\r\n\r\n', Buffer.alloc(below(200_000), 0x16)]));
      if (random() < 0.3) socket.pause();
      await sleep(below(10)).catch(() => undefined);
      // Node waits for what is being written or connected before it resets, which may be for ever.
      if (random() < 0.5 && !socket.connecting && socket.writableLength === 0) resetSocket(socket);
      else socket.destroy();
    },
    async () =>
      withResource(await net.openUdpSocket({ host: '127.0.0.1' }), async (udp) => {
        await udp.send('datagram', '127.0.0.1', udp.localAddress.port);
        await moveOnAfter(50, () => udp.receive());
      }),
    async () => {
      const path = new Path(home).join(`file-${below(4)}`);
      await path.writeText('x'.repeat(below(50_000)));
      await path.copy(`${home}/copy-${below(4)}`);
      await path.readText();
      if (random() < 0.5) await path.unlink();
    },
    () => writeAtomic(join(home, 'atomic'), Buffer.alloc(below(100_000))),
    async () =>
      withResource(await openFile(join(home, `lines-${below(2)}`), 'a+'), async (file) => {
        await file.write('a line\n'.repeat(below(2000)));
        await file.seek(0);
        for await (const line of file) if (line.length > 100) throw new Error('lines run together');
      }),
    async () => withResource(await openTemporaryDirectory({ dir: home }), ({ path }) => path.join('a').writeText('x')),
    async () => {
      for await (const _entry of new Path(home).walk()) if (random() < 0.05) break;
    },
    () =>
      moveOnAfter(20, async () => {
        for await (const _change of new Path(home).watch()) if (random() < 0.2) break;
      }),
    // The disk is full.
    () => new Path('/dev/full').writeText('x'.repeat(1000)),
    // No descriptors are left for a moment.
    async () => {
      if (startsProcesses) return;
      const taken = [];
      try {
        for (;;) taken.push(openSync('/dev/null'));
      } catch {
        await sleep(below(5)).catch(() => undefined);
      } finally {
        for (const descriptor of taken) closeSync(descriptor);
      }
    },
    ...(startsProcesses ? processes : []),
  ];

  let unexpected;
  function fail(error) {
    if (!isExpected(error)) unexpected ??= error;
  }

  async function work() {
    for (let step = 0; step < STEPS; step++) {
      try {
        await moveOnAfter(random() < 0.4 ? below(30) : 20_000, () => pick(operations)());
      } catch (error) {
        if (isCancelled(error)) throw error;
        fail(error);
      }
    }
  }

  await run(() => {
    rememberRun();
    return openNursery(async (servers) => {
      const [tcp] = await servers.start((taskStatus) => net.serveTcp(echo, 0, { ...options, taskStatus }));
      const [tls] = await servers.start((taskStatus) =>
        net.serveTls(echo, 0, { ...options, cert: identity.cert, key: identity.key, taskStatus }),
      );
      await servers.start((taskStatus) =>
        net.serveUnix(echo, join(home, 'socket'), { ...options, host: undefined, taskStatus }),
      );
      ports.tcp = tcp.port;
      ports.tls = tls.port;
      await openNursery((workers) => {
        for (let worker = 0; worker < WORKERS; worker++) workers.startSoon(work);
      });
      servers.cancelScope.cancel('the round is over');
    });
  });
  if (unexpected !== undefined) throw new Error(`seed ${seed}`, { cause: unexpected });

  const names = readdirSync(home);
  const leftovers = names.filter((name) => !/^(file|copy|lines|atomic)/.test(name) || /tmp/.test(name));
  assert.deepEqual(leftovers, [], `seed ${seed}: files were left behind`);
  rmSync(home, { recursive: true });
}

const began = Date.now();
const heap = [];
let rounds = 0;
let nextLook = began;
let usual = 0;
while (Date.now() - began < seconds * 1000) {
  const seed = firstSeed + rounds++;
  await watchRound(`seed ${seed}`, (rememberRun) => round(seed, rememberRun));
  // The system closes a few things a moment later. What the first rounds open once, such as a watch for all, stays open.
  const isSettled = () => children().length === 0 && (rounds <= WARM_UP || descriptors() <= usual);
  for (let look = 0; look < 500 && !isSettled(); look++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(children(), [], `seed ${seed}: a process was left behind`);
  if (rounds <= WARM_UP) usual = Math.max(usual, descriptors());
  else assert(descriptors() <= usual, `seed ${seed}: more than ${usual} descriptors are open: ${targets().join(' ')}`);
  if (Date.now() < nextLook) continue;
  nextLook = Date.now() + (seconds * 1000) / 30;
  collectGarbage();
  heap.push(Math.round(process.memoryUsage().heapUsed / 1024));
}
rmSync(folder, { recursive: true });
console.log(
  `Node ${process.versions.node}: ${rounds} rounds of ${WORKERS} tasks × ${STEPS} steps from seed ${firstSeed}`,
);
console.log(
  `heap in KiB: ${heap.join(', ')}; descriptors ${descriptors()}; memory ${process.memoryUsage().rss >> 20} MiB`,
);
assert.equal(growth(heap, 1024, seconds), undefined);
