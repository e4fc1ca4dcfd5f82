// npm run interop: our streams and servers against foreign programs: curl, openssl, nc and asyncio of
// Python, as they are installed. Prints a table of what was exchanged; the exit code is 1 when something was not.
import { abandonable, all, failAfter, openNursery, run } from '@tercet/core';
import * as net from '@tercet/net';
import { StapledStream, toDuplex } from '@tercet/streams';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'tercet-interop-'));
const socketPath = join(folder, 's');
const asyncio = fileURLToPath(new URL('asyncio_peer.py', import.meta.url));
const MEGABYTE = Buffer.alloc(1 << 20, 'tercet');

/** Runs a program with an input, and waits until it has ended. */
async function program(file, args, input = '') {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output = [];
  const errors = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => errors.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    const [code] = await abandonable(once(child, 'close'));
    return { code, output: Buffer.concat(output), errors: Buffer.concat(errors).toString() };
  } finally {
    child.kill('SIGKILL');
  }
}

/** Runs a program that serves, until `body` has ended. It says on a line of its output that it is ready. */
async function serving(file, args, isReady, body) {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    const ready = new Promise((resolve, reject) => {
      let text = '';
      const look = (chunk) => {
        text += chunk;
        const match = isReady.exec(text);
        if (match !== null) resolve(match);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.on('error', reject);
      child.on('close', (code) => reject(new Error(`${file} has ended with code ${code}: ${text}`)));
    });
    ready.catch(() => undefined);
    return await body(await abandonable(ready), child);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Serves with ours until `body` has ended. */
async function ours(start, body) {
  let result;
  await openNursery(async (nursery) => {
    const [listener] = await nursery.start(start);
    result = await body(listener);
    nursery.cancelScope.cancel();
  });
  return result;
}

async function echo(stream) {
  for await (const chunk of stream) await stream.sendAll(chunk);
  await (stream.sendEof === undefined ? stream.close() : stream.sendEof());
}

function httpHandler() {
  const server = http.createServer((incoming, outgoing) => {
    let size = 0;
    incoming.on('data', (chunk) => (size += chunk.length));
    incoming.on('end', () => outgoing.end(`${incoming.method} ${size}`));
  });
  return async (stream) => {
    const socket = toDuplex(stream);
    server.emit('connection', socket);
    await abandonable(once(socket, 'close'));
  };
}

/** All that a stream brings. */
async function receiveAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Sends a megabyte and the end, receives meanwhile, and wants to have it back. */
async function exchange(stream) {
  const [back] = await all([
    () => receiveAll(stream),
    async () => {
      await stream.sendAll(MEGABYTE);
      await stream.sendEof();
    },
  ]);
  expectBytes(back);
  return '1 MiB there and back, half-close';
}

function expectBytes(bytes) {
  if (!bytes.equals(MEGABYTE)) throw new Error(`${bytes.length} bytes came back, which are not those that were sent`);
}

function expectText(actual, expected) {
  if (actual !== expected) throw new Error(`got ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

const local = { host: '127.0.0.1' };
const serveTcp = (handler) => (taskStatus) => net.serveTcp(handler, 0, { ...local, taskStatus });
const serveUnix = (handler) => (taskStatus) => net.serveUnix(handler, socketPath, { taskStatus });
const identity = makeIdentity();
const serveTls = (handler) => (taskStatus) => net.serveTls(handler, 0, { ...local, ...identity, taskStatus });
const tlsPort = (listener) => listener.port ?? listener.transportListener.port;
const url = (port) => `http://127.0.0.1:${port}/`;

const cases = [
  {
    program: 'curl',
    ours: 'HTTP server of Node over toDuplex, TCP',
    run: () =>
      ours(serveTcp(httpHandler()), async ({ port }) => {
        const { output } = await program('curl', ['-sS', '--data-binary', '@-', url(port)], MEGABYTE);
        expectText(output.toString(), `POST ${MEGABYTE.length}`);
        return 'upload of 1 MiB, answer';
      }),
  },
  {
    program: 'curl',
    ours: 'HTTP server of Node over toDuplex, TCP',
    run: () =>
      ours(serveTcp(httpHandler()), async ({ port }) => {
        const { output, errors } = await program('curl', ['-sSv', ...Array.from({ length: 100 }, () => url(port))]);
        expectText(output.toString(), 'GET 0'.repeat(100));
        const connections = errors.match(/Connected to/g).length;
        if (connections !== 1) throw new Error(`${connections} connections instead of one`);
        return '100 requests over one connection';
      }),
  },
  {
    program: 'curl',
    ours: 'HTTP server of Node over toDuplex, Unix socket',
    run: () =>
      ours(serveUnix(httpHandler()), async () => {
        const { output } = await program('curl', ['-sS', '--unix-socket', socketPath, 'http://localhost/']);
        expectText(output.toString(), 'GET 0');
        return 'request, answer';
      }),
  },
  {
    program: 'curl',
    ours: 'HTTP server of Node over toDuplex, TLS',
    needsIdentity: true,
    run: () =>
      ours(serveTls(httpHandler()), async (listener) => {
        const target = `https://localhost:${tlsPort(listener)}/`;
        const args = ['-sS', '--http1.1', '--cacert', join(folder, 'cert.pem'), '--data-binary', '@-', target];
        const { output, errors } = await program(
          'curl',
          ['--resolve', `localhost:${tlsPort(listener)}:127.0.0.1`, ...args],
          MEGABYTE,
        );
        if (output.length === 0) throw new Error(errors);
        expectText(output.toString(), `POST ${MEGABYTE.length}`);
        return 'verified handshake, upload of 1 MiB, answer';
      }),
  },
  ...['-tls1_2', '-tls1_3'].map((version) => ({
    program: `openssl s_client ${version}`,
    ours: 'serveTls, echo',
    needsIdentity: true,
    run: () =>
      ours(serveTls(echoOnce), async (listener) => {
        const args = ['s_client', version, '-quiet', '-verify_return_error', '-CAfile', join(folder, 'cert.pem')];
        const connect = ['-connect', `127.0.0.1:${tlsPort(listener)}`, '-servername', 'localhost'];
        const { output } = await program('openssl', [...args, ...connect], 'hello\n');
        expectText(output.toString(), 'hello\n');
        return 'verified handshake, a line there and back, goodbye';
      }),
  })),
  ...['-tls1_2', '-tls1_3'].flatMap((version) =>
    ['on a socket', 'over any stream'].map((way) => ({
      program: `openssl s_client ${version} -sess_in`,
      ours: `serveTls with requestCert, ${way}`,
      needsIdentity: true,
      run: () => resumeWithOpenSsl(version, way === 'on a socket'),
    })),
  ),
  {
    program: 'openssl s_server -rev',
    ours: 'openTlsStream',
    needsIdentity: true,
    run: () => {
      const files = ['-cert', join(folder, 'cert.pem'), '-key', join(folder, 'key.pem')];
      return serving(
        'openssl',
        ['s_server', '-rev', '-accept', '127.0.0.1:0', ...files],
        /ACCEPT.*?:(\d+)/,
        async ([, port]) => {
          const stream = await net.openTlsStream('127.0.0.1', Number(port), {
            ca: identity.cert,
            serverHostname: 'localhost',
          });
          await stream.sendAll('hello\n');
          expectText(Buffer.from(await stream.receiveSome()).toString(), 'olleh\n');
          await stream.close();
          return 'verified handshake, a line reversed';
        },
      );
    },
  },
  {
    program: 'nc -N',
    ours: 'serveTcp, echo',
    run: () =>
      ours(serveTcp(echo), async ({ port }) => {
        const { output } = await program('nc', ['-N', '127.0.0.1', String(port)], MEGABYTE);
        expectBytes(output);
        return '1 MiB there and back, half-close';
      }),
  },
  {
    program: 'python asyncio client',
    ours: 'serveTcp, echo',
    run: () =>
      ours(serveTcp(echo), async ({ port }) => {
        const { output, errors } = await program('python3', [asyncio, 'client', String(port)], MEGABYTE);
        if (errors !== '') throw new Error(errors);
        expectBytes(output);
        return '1 MiB there and back, half-close';
      }),
  },
  {
    program: 'python asyncio client',
    ours: 'serveUnix, echo',
    run: () =>
      ours(serveUnix(echo), async () => {
        const { output, errors } = await program('python3', [asyncio, 'client', socketPath], MEGABYTE);
        if (errors !== '') throw new Error(errors);
        expectBytes(output);
        return '1 MiB there and back, half-close';
      }),
  },
  {
    program: 'python asyncio server',
    ours: 'openTcpStream',
    run: () =>
      serving('python3', [asyncio, 'server', '0'], /ready (\d+)/, async ([, port]) =>
        exchange(await net.openTcpStream('127.0.0.1', Number(port))),
      ),
  },
  {
    program: 'python asyncio server',
    ours: 'openUnixSocket',
    run: () =>
      serving('python3', [asyncio, 'server', `${socketPath}2`], /ready/, async () =>
        exchange(await net.openUnixSocket(`${socketPath}2`)),
      ),
  },
];

/** Sends back what comes first, and says goodbye. */
async function echoOnce(stream) {
  const chunk = await stream.receiveSome();
  if (chunk !== null) await stream.sendAll(chunk);
  await stream.close();
}

/** A client with a certificate resumes its session; one without is refused, and has no session to resume. */
async function resumeWithOpenSsl(version, isSocket) {
  const options = { ...local, ...identity, ca: identity.cert, requestCert: true, onHandlerError: () => undefined };
  const served = [];
  const handler = async (stream) => {
    served.push(`${stream.peerCertificate.subject} ${stream.isSessionReused}`);
    await echoOnce(stream);
  };
  const overStreams = async (taskStatus) => {
    const listeners = await net.openTcpListeners(0, local);
    const disguised = listeners.map((listener) => new DisguisingListener(listener));
    const { host: _, ...tlsOptions } = options;
    const tls = disguised.map((listener) => new net.TlsListener(listener, tlsOptions));
    return await net.serveListeners(handler, tls, { taskStatus, onHandlerError: () => undefined });
  };
  const onSockets = (taskStatus) => net.serveTls(handler, 0, { ...options, taskStatus });
  return await ours(isSocket ? onSockets : overStreams, async ({ port }) => {
    const files = ['-cert', join(folder, 'cert.pem'), '-key', join(folder, 'key.pem')];
    const connect = async (name, ...args) => {
      const file = join(folder, `${name}${version}${isSocket}.sess`);
      const from = existsSync(file) ? ['-sess_in', file] : [];
      const target = ['s_client', version, '-quiet', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost'];
      const { output } = await program('openssl', [...target, ...args, '-sess_out', file, ...from], 'hello\n');
      return output.toString();
    };
    for (let i = 0; i < 2; i++) expectText(await connect('good', ...files), 'hello\n');
    for (let i = 0; i < 2; i++) expectText(await connect('none'), '');
    expectText(served.join(', '), 'CN=localhost false, CN=localhost true');
    return 'certificate and resumed session let in, no certificate refused twice';
  });
}

/** Accepts connections that TLS cannot know for sockets. */
class DisguisingListener {
  #listener;

  constructor(listener) {
    this.#listener = listener;
    this.port = listener.port;
  }

  async accept() {
    const stream = await this.#listener.accept();
    return new StapledStream(stream, stream);
  }

  close() {
    return this.#listener.close();
  }
}

function makeIdentity() {
  if (!isInstalled('openssl')) return undefined;
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

function isInstalled(command) {
  try {
    execFileSync('which', [command], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function outcomeOf(entry) {
  const [command] = entry.program.split(' ');
  const file = command === 'python' ? 'python3' : command;
  if (!isInstalled(file)) return `skipped: ${file} is not installed`;
  if (entry.needsIdentity === true && identity === undefined)
    return 'skipped: there is no openssl to make certificates';
  try {
    return `ok: ${await run(() => failAfter(20_000, entry.run))}`;
  } catch (error) {
    process.exitCode = 1;
    const leaves = error.leaves?.() ?? [error];
    return `FAILED: ${leaves.map(String).join('; ')}`;
  }
}

try {
  console.log('| program | ours | exchanged |\n| --- | --- | --- |');
  for (const entry of cases) console.log(`| ${entry.program} | ${entry.ours} | ${await outcomeOf(entry)} |`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
