// Attacks on servers with TLS: clients without a certificate, sessions that were refused, garbage, silence.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@tercet/core/lowlevel';
import { makeAuthority } from '../../test-authority.mjs';
import { connectTls, echoed, isClosed, open, times } from '../sockets.mjs';
import { until } from '../until.mjs';
import { Victim } from '../victim.mjs';

const authority = makeAuthority('attacked');
const identity = authority.issue('127.0.0.1');
const certificates = {
  none: undefined,
  wrong: makeAuthority('another').issue('client'),
  expired: authority.issueExpired('client'),
  good: authority.issue('client'),
};
const versions = ['TLSv1.2', 'TLSv1.3'];

/** The three ways in which a server does TLS. */
const paths = {
  native: { kind: 'tls', env: {} },
  'any stream': { kind: 'overAnyStream', env: {} },
  'documented only': { kind: 'tls', env: { TERCET_DOCUMENTED_ONLY: '1' } },
};

async function startServer(trial, path, options) {
  const { kind, env } = paths[path];
  const victim = await Victim.start('server', { trial, env });
  return { victim, port: await victim.call('serve', { kind, options: { ...identity, greets: true, ...options } }) };
}

/** Connects. @returns what the server has said, or `refused`, and the session that it has given. */
async function knock(port, version, certificate, session) {
  const versionOnly = { minVersion: version, maxVersion: version };
  const socket = connectTls(port, { ca: authority.cert, ...versionOnly, ...certificate, session });
  let [text, ticket] = ['', undefined];
  socket.on('session', (each) => (ticket = each));
  socket.on('data', (bytes) => (text += String(bytes)));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
  return { answer: text === '' ? 'refused' : JSON.parse(text), session: ticket };
}

/** The first bytes of a client. */
async function hello() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connectTls(server.address().port).on('error', () => undefined);
  const [socket] = await once(server, 'connection');
  const [bytes] = await once(socket, 'data');
  socket.destroy();
  client.destroy();
  server.close();
  return bytes;
}

export const attacks = {
  'R-1-refused-sessions': {
    bound:
      'a client without a good certificate does not get in by resuming: refused and without a ticket, or with the reason in `authorizationError` where the server lets in all',
    timeout: 300,
    async attack(trial) {
      const tried = { refused: 0, 'let in with the reason': 0, tickets: 0 };
      for (const path of Object.keys(paths)) {
        for (const rejection of [{}, { rejectUnauthorized: true }, { rejectUnauthorized: false }]) {
          const options = { ca: authority.cert, requestCert: true, sessionIdContext: 'attacked', ...rejection };
          const { victim, port } = await startServer(trial, path, options);
          for (const version of versions) {
            for (const kind of ['none', 'wrong', 'expired']) {
              const what = `${path}, ${version}, ${JSON.stringify(rejection)}, ${kind}`;
              const first = await knock(port, version, certificates[kind]);
              const again = [first.answer];
              if (first.session !== undefined) {
                again.push((await knock(port, version, certificates[kind], first.session)).answer);
                again.push((await knock(port, version, undefined, first.session)).answer);
              }
              if (rejection.rejectUnauthorized === false) {
                trial.equal(
                  again.filter((answer) => answer === 'refused' || answer.error === null),
                  [],
                  what,
                );
                tried['let in with the reason'] += again.length;
              } else {
                trial.equal([again, first.session === undefined], [['refused'], true], what);
                tried.refused++;
                if (first.session !== undefined) tried.tickets++;
              }
            }
          }
          await victim.end();
        }
      }
      return Object.entries(tried)
        .map(([what, count]) => `${count} ${what}`)
        .join(', ');
    },
  },

  'R-1-shared-keys': {
    bound: 'a session of a server that lets in all does not open a strict one with the same ticket keys',
    timeout: 300,
    async attack(trial) {
      let refused = 0;
      for (const path of Object.keys(paths)) {
        const shared = { ca: authority.cert, ticketKeys: randomBytes(48), sessionIdContext: 'shared' };
        const lax = await startServer(trial, path, { ...shared, requestCert: true, rejectUnauthorized: false });
        const strict = await startServer(trial, path, { ...shared, requestCert: true });
        for (const version of versions) {
          for (const kind of ['none', 'wrong', 'expired']) {
            const { session } = await knock(lax.port, version, certificates[kind]);
            trial.hold(session !== undefined, `${path}, ${version}, ${kind}: no session to try`);
            const { answer } = await knock(strict.port, version, certificates[kind], session);
            trial.equal(answer, 'refused', `${path}, ${version}, ${kind}`);
            refused++;
          }
        }
        await lax.victim.end();
        await strict.victim.end();
      }
      return `${refused} of ${refused} refused`;
    },
  },

  'R-3-good-sessions': {
    bound: 'a client with a good certificate resumes its session, on each path and version',
    timeout: 300,
    async attack(trial) {
      let resumed = 0;
      for (const path of Object.keys(paths)) {
        const { victim, port } = await startServer(trial, path, { ca: authority.cert, requestCert: true });
        for (const version of versions) {
          const first = await knock(port, version, certificates.good);
          const { answer } = await knock(port, version, certificates.good, first.session);
          trial.equal(answer, { peer: 'CN=client', error: null, resumed: true }, `${path}, ${version}`);
          if (answer.resumed) resumed++;
        }
        await victim.end();
      }
      return `${resumed} of 6 resumed`;
    },
  },

  'garbage-hellos': {
    bound:
      '1,500 clients with garbage, truncated and mutated hellos: the server is alive, serves 20 of 20 afterwards, and has no descriptor more',
    timeout: 300,
    async attack(trial) {
      const { victim, port } = await startServer(trial, 'native', { greets: false, handshakeTimeout: 5_000 });
      const random = seededRandom(6);
      const good = await hello();
      const makers = [
        () => randomBytes(1 + random() * 2_000),
        () => good.subarray(0, random() * good.length),
        () => {
          const bytes = Buffer.from(good);
          for (let n = 0; n < 1 + random() * 8; n++) bytes[Math.floor(random() * bytes.length)] = random() * 256;
          return bytes;
        },
      ];
      const attackOnce = async (n) => {
        const socket = connect(port, '127.0.0.1')
          .on('error', () => undefined)
          .resume();
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.write(makers[n % 3]());
        if (random() < 0.5) socket.end();
        await Promise.race([closed, sleep(200)]);
        socket.destroy();
        await closed;
      };
      const fine = async () =>
        (await times(20, 4, () => echoed(port, 'hello', { ca: authority.cert }))).filter(Boolean).length;
      await times(150, 20, attackOnce);
      await fine();
      await sleep(1_000);
      const before = await victim.call('state');
      await times(1_500, 20, attackOnce);
      const served = await fine();
      let after;
      await until(async () => (after = await victim.call('state')).descriptors <= before.descriptors, 15_000);
      trial.equal([victim.isAlive, served], [true, 20], 'alive, served');
      trial.atMost(after.descriptors, before.descriptors, 'descriptors');
      trial.atMost(after.heap - before.heap, 4, 'MiB of heap more');
      return `alive, ${served} of 20 served, descriptors ${before.descriptors} → ${after.descriptors}, heap ${before.heap.toFixed(1)} → ${after.heap.toFixed(1)} MiB`;
    },
  },

  'slow-hellos': {
    bound:
      '50 hellos byte by byte and 250 silent clients: others and the 50 are served, the 250 are dropped at the handshake limit (8 s)',
    timeout: 300,
    async attack(trial) {
      const { victim, port } = await startServer(trial, 'native', { greets: false, handshakeTimeout: 8_000 });
      await echoed(port, 'hello', { ca: authority.cert });
      const before = await victim.call('state');
      const silent = await times(250, 50, () => open(port));
      for (const socket of silent) socket.resume();
      const slow = times(50, 50, () => slowly(port));
      const others = (await times(20, 1, () => echoed(port, 'hello', { ca: authority.cert }))).filter(Boolean).length;
      const open250 = silent.filter((socket) => !isClosed(socket)).length;
      const finished = (await slow).filter(Boolean).length;
      await until(() => silent.every(isClosed), 30_000);
      const dropped = silent.filter(isClosed).length;
      let after;
      await until(async () => (after = await victim.call('state')).descriptors <= before.descriptors, 10_000);
      trial.equal([others, finished, dropped], [20, 50, 250], 'others, slow, dropped');
      trial.atMost(after.descriptors, before.descriptors, 'descriptors');
      return `${others} of 20 others while ${open250} were silent, ${finished} of 50 slow ones, ${dropped} of 250 dropped`;
    },
  },
};

/** A handshake whose first bytes come one by one. @returns whether the server has answered. */
async function slowly(port) {
  const socket = await open(port);
  socket.setNoDelay(true);
  let answered = false;
  socket.on('data', () => (answered = true));
  for (const byte of await hello()) {
    socket.write(Buffer.of(byte));
    await sleep(2);
  }
  await until(() => answered || isClosed(socket), 10_000);
  socket.destroy();
  return answered;
}
