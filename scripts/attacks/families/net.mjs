// Attacks on servers of net: resets, crowds, too few descriptors.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@tercet/core/lowlevel';
import { inMiB } from '../../process-figures.mjs';
import { resetSocket } from '../../reset-socket.mjs';
import { echoed, isClosed, open, times } from '../sockets.mjs';
import { until } from '../until.mjs';
import { Victim } from '../victim.mjs';

async function startServer(trial, kind = 'tcp', options = {}, start = {}) {
  const victim = await Victim.start('server', { trial, ...start });
  return { victim, port: await victim.call('serve', { kind, options }) };
}

/** When all connections have ended: a server sees that a moment later. */
async function settled(victim) {
  let state;
  await until(async () => (state = await victim.call('state')).open === 0, 20_000);
  return state;
}

/** A program that talks to the server as others do: how many of its tries succeed. */
const echoes = async (port, count = 20) => (await times(count, 1, () => echoed(port))).filter(Boolean).length;

export const attacks = {
  resets: {
    bound:
      '10,000 connections that end at random, many with a reset: none fails to connect, no handler is left, no descriptor more, heap +2 MiB at most',
    timeout: 300,
    async attack(trial) {
      const { victim, port } = await startServer(trial);
      const random = seededRandom(4);
      const knock = async () => {
        const socket = await open(port);
        if (random() < 0.8) socket.write(Buffer.alloc(random() * 100_000));
        if (random() < 0.5) await sleep(random() * 5);
        const closed = new Promise((resolve) => socket.once('close', resolve));
        if (random() < 0.6) resetSocket(socket);
        else if (random() < 0.5) socket.destroy();
        else socket.resume().end();
        if (socket.writableLength > 0) socket.destroy();
        await closed;
        return true;
      };
      await times(500, 50, knock);
      const before = await settled(victim);
      const connected = (await times(10_000, 50, () => knock().catch(() => false))).filter(Boolean).length;
      const after = await settled(victim);
      trial.equal([connected, after.open, after.dropped], [10_000, 0, 0], 'connected, open, dropped');
      trial.atMost(after.descriptors, before.descriptors, 'descriptors');
      trial.atMost(after.heap - before.heap, 2, 'MiB of heap more');
      trial.equal(await echoes(port), 20, 'echoes afterwards');
      return `${10_000 - connected} failed connects, heap ${before.heap.toFixed(1)} → ${inMiB(after.heap)}, descriptors ${before.descriptors} → ${after.descriptors}`;
    },
  },

  'short-connections': {
    bound:
      '100,000 short connections: all served; from 25,000 on the heap grows by 1 MiB at most, descriptors not at all; from 50,000 on the memory grows by 32 MiB at most',
    timeout: 480,
    async attack(trial) {
      const { victim, port } = await startServer(trial);
      const states = [];
      let served = 0;
      for (let quarter = 0; quarter < 4; quarter++) {
        served += (await times(25_000, 50, () => echoed(port))).filter(Boolean).length;
        states.push(await settled(victim));
      }
      const [first, second, , last] = states;
      trial.equal(served, 100_000, 'served');
      trial.atMost(last.heap - first.heap, 1, 'MiB of heap more');
      // The young generation of V8 takes longer to reach its full size.
      trial.atMost(last.memory - second.memory, 32, 'MiB of memory more');
      trial.atMost(last.descriptors, first.descriptors, 'descriptors');
      return `heap ${states.map(({ heap }) => heap.toFixed(1)).join(', ')} MiB, memory ${states.map(({ memory }) => memory.toFixed(0)).join(', ')} MiB, descriptors ${first.descriptors} → ${last.descriptors}`;
    },
  },

  'held-connections': {
    bound: '5,000 connections that are held cost at most 12 KiB of heap and 20 KiB of memory each, and give it back',
    timeout: 300,
    async attack(trial) {
      const { victim, port } = await startServer(trial);
      await times(200, 50, () => echoed(port));
      const before = await settled(victim);
      const sockets = await times(5_000, 100, () => open(port));
      await until(async () => (await victim.call('state')).open === 5_000);
      const held = await victim.call('state');
      for (const socket of sockets) socket.destroy();
      const after = await settled(victim);
      const each = ((held.heap - before.heap) * 1_024) / 5_000;
      trial.equal([held.open, after.open], [5_000, 0], 'open');
      trial.atMost(each, 12, 'KiB of heap each');
      trial.atMost(((held.memory - before.memory) * 1_024) / 5_000, 20, 'KiB of memory each');
      trial.atMost(after.heap - before.heap, 2, 'MiB of heap more at the end');
      trial.atMost(after.descriptors, before.descriptors, 'descriptors');
      return `${each.toFixed(1)} KiB of heap each, memory +${inMiB(held.memory - before.memory)}, at the end heap +${inMiB(after.heap - before.heap)}`;
    },
  },

  bursts: {
    bound: 'bursts of 500 to 3,000 connections, and 3,500 while the server is stopped: all are served, none is dropped',
    timeout: 300,
    async attack(trial) {
      const { victim, port } = await startServer(trial);
      const figures = [];
      for (const count of [500, 1_000, 2_000, 3_000]) {
        figures.push((await times(count, count, () => echoed(port))).filter(Boolean).length);
      }
      victim.kill('SIGSTOP');
      const waiting = times(3_500, 3_500, () => echoed(port));
      await sleep(2_500);
      victim.kill('SIGCONT');
      figures.push((await waiting).filter(Boolean).length);
      const { dropped } = await settled(victim);
      trial.equal([...figures, dropped], [500, 1_000, 2_000, 3_000, 3_500, 0], 'served, dropped');
      return `${figures.join(', ')} served, ${dropped} dropped`;
    },
  },

  'few-descriptors': {
    bound:
      'with `ulimit -n 64` and 200 clients at once some are served, the others are closed, a warning says so; then 20 of 20',
    timeout: 300,
    async attack(trial) {
      const prefix = ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh'];
      const { victim, port } = await startServer(trial, 'tcp', {}, { prefix });
      const all = Array.from({ length: 200 }, () =>
        connect(port, '127.0.0.1')
          .on('error', () => undefined)
          .resume(),
      );
      let served;
      await until(async () => {
        served = (await victim.call('counts')).open;
        return served + all.filter(isClosed).length >= 200;
      }, 20_000);
      const closed = all.filter(isClosed).length;
      const { accepting } = await victim.call('counts');
      for (const socket of all) socket.destroy();
      await settled(victim);
      const later = await echoes(port);
      trial.equal(served + closed, 200, 'served and closed');
      trial.hold(served > 20 && accepting > 0, `${served} served, ${accepting} warnings`);
      trial.equal(later, 20, 'echoes afterwards');
      return `${served} served, ${closed} closed, ${accepting} warnings, then ${later} of 20`;
    },
  },

  'R-19-resets-in-handlers': {
    bound:
      'twenty clients send 200 KB to the server of the README and reset: it goes on, another client is not cut off, ten reports at most',
    timeout: 300,
    async attack(trial) {
      const { victim, port } = await startServer(trial);
      const other = await open(port);
      let received = 0;
      other.on('data', (bytes) => (received += bytes.length));
      for (let n = 0; n < 20; n++) {
        const socket = await open(port);
        socket.write(Buffer.alloc(200_000), () => resetSocket(socket));
        await new Promise((resolve) => socket.once('close', resolve));
        other.write('x');
      }
      await until(async () => received === 20 && (await victim.call('state')).open === 1, 20_000);
      const { reported, open: left } = await victim.call('state');
      trial.equal([victim.isAlive, received, left], [true, 20, 1], 'alive, echoes of the other, open');
      trial.atMost(reported, 10, 'reports');
      trial.hold(reported > 0, 'no report');
      other.destroy();
      return `alive, ${received} of 20 echoes for the other, ${reported} reports`;
    },
  },

  'broken-http': {
    bound:
      '500 requests of HTTP that are garbage, cut off or reset: the server goes on, and the heap grows by 4 MiB at most',
    timeout: 300,
    async attack(trial) {
      const { victim, port } = await startServer(trial, 'http');
      const random = seededRandom(5);
      const good = 'POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 20000\r\n\r\n' + 'x'.repeat(20_000);
      const fine = async () => (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'hello' })).text();
      const knock = async () => {
        const socket = await open(port);
        const closed = new Promise((resolve) => socket.once('close', resolve));
        const kind = Math.floor(random() * 4);
        const bytes = Buffer.from(good.slice(0, 1 + random() * good.length));
        if (kind === 0)
          for (let n = 0; n < 5; n++) bytes[Math.floor(random() * Math.min(60, bytes.length))] = random() * 256;
        socket.write(kind === 1 ? Buffer.from(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(random() * 20_000)}`) : bytes);
        await sleep(random() * 20);
        socket.resume();
        if (random() < 0.5) resetSocket(socket);
        else socket.destroy();
        await closed;
      };
      await times(100, 20, knock);
      await fine();
      const before = await victim.call('state');
      await times(500, 20, knock);
      const answers = await times(20, 2, () => fine().catch(String));
      const after = await victim.call('state');
      trial.equal(
        answers.filter((answer) => answer !== '5'),
        [],
        'other answers',
      );
      trial.atMost(after.heap - before.heap, 4, 'MiB of heap more');
      trial.atMost(after.descriptors, before.descriptors + 4, 'descriptors');
      return `alive, 20 of 20 answers afterwards, heap ${before.heap.toFixed(1)} → ${inMiB(after.heap)}`;
    },
  },

  'R-16-documented-only': {
    bound:
      'with TERCET_DOCUMENTED_ONLY=1 connections come, and bytes go, by the events and methods that Node documents',
    timeout: 300,
    async attack(trial) {
      const uses = [];
      for (const value of ['1', '']) {
        const victim = await Victim.start('documented-only', { trial, env: { TERCET_DOCUMENTED_ONLY: value } });
        uses.push(await victim.call('use'));
      }
      const [only, usual] = uses;
      trial.equal(
        only,
        { answers: ['tcp', 'tls', 'proc'], accepted: true, written: true, read: true, underscores: [] },
        'uses',
      );
      trial.equal(usual.answers, only.answers, 'answers otherwise');
      return `${only.answers.join(', ')} work so; otherwise ${usual.underscores.join(', ') || 'other ways'} are used`;
    },
  },
};
