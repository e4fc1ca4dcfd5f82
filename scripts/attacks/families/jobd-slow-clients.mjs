// Attacks on jobd by clients that are slow, silent or deaf.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { inMiB, mostResident, resident } from '../../process-figures.mjs';
import { Client } from '../client.mjs';
import { authority, withTls } from '../daemon-tls.mjs';
import { Daemon } from '../daemon.mjs';
import { connectTls, isClosed, open, times } from '../sockets.mjs';
import { until } from '../until.mjs';

const idle = { idle: '10m' };

export const attacks = {
  'slow-clients': {
    bound:
      '1,900 clients that send one byte: all are dropped when they have been idle (8 s), others are answered meanwhile, descriptors go back',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { limits: { idle: '8s' } });
      await daemon.isFine();
      const before = daemon.descriptors;
      const slow = await times(1_900, 100, async () => {
        const client = await Client.open(daemon.socket);
        client.send('{');
        return client;
      });
      let asked = 0;
      let answered = 0;
      while (slow.some(({ ended }) => !ended) && asked < 400) {
        asked++;
        if (await daemon.isFine()) answered++;
        await sleep(100);
      }
      const dropped = slow.filter(({ ended }) => ended).length;
      await until(() => daemon.descriptors <= before + 1, 10_000);
      trial.equal([dropped, answered], [1_900, asked], 'dropped, answers for others');
      trial.atMost(daemon.descriptors, before + 1, 'descriptors');
      return `${dropped} dropped, ${answered} of ${asked} answers for others, descriptors ${before} → ${daemon.descriptors}`;
    },
  },

  'unfinished-lines': {
    bound:
      '200 unfinished lines of 1 MB cost at most 420 MiB, and no more the second time; 20 of 48,149 single bytes at most 64 MiB',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { limits: idle });
      await daemon.isFine();
      const before = resident(daemon.pid);
      const unfinished = async () => {
        const clients = await times(200, 20, async () => {
          const client = await Client.open(daemon.socket);
          await new Promise((resolve) => client.socket.write(Buffer.alloc(1_000_000, 'x'), resolve));
          return client;
        });
        await daemon.isFine();
        const cost = resident(daemon.pid) - before;
        for (const client of clients) client.close();
        await until(() => daemon.descriptors < 100, 20_000);
        return cost;
      };
      const [first, second] = [await unfinished(), await unfinished()];
      await daemon.state();
      const base = resident(daemon.pid);
      await times(20, 20, async () => {
        const client = await Client.open(daemon.socket);
        client.socket.setNoDelay(true);
        for (let n = 0; n < 48_149; n++)
          if (!client.send('x')) await new Promise((resolve) => client.socket.once('drain', resolve));
        return client;
      });
      await daemon.isFine();
      const bytes = resident(daemon.pid) - base;
      trial.atMost(first, 420, 'MiB for 200 lines');
      trial.atMost(second, Math.max(420, first * 1.3), 'MiB the second time');
      trial.atMost(bytes, 64, 'MiB for single bytes');
      trial.hold(await daemon.isFine(), 'no answer afterwards');
      return `+${inMiB(first)}, second time +${inMiB(second)}; single bytes +${inMiB(bytes)}`;
    },
  },

  'deaf-tails': {
    bound:
      '200 readers of a job that never read, while it writes 60 MB: it succeeds, memory +400 MiB at most, the readers are dropped, descriptors go back',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { limits: { ...idle, write: '10s' } });
      await daemon.isFine();
      const [memory, opened] = [resident(daemon.pid), daemon.descriptors];
      const script = 'while [ ! -e go ]; do sleep 0.05; done; yes 012345678901234567890123456789 | head -c 60000000';
      const run = await daemon.submit({ loud: { run: script } });
      const deaf = await times(200, 50, async () => {
        const client = await Client.open(daemon.socket);
        client.socket.pause();
        client.request({ op: 'tail', job: `${run}/loud` });
        return client;
      });
      await daemon.isFine();
      writeFileSync(`${daemon.folder}/go`, '');
      let status;
      await until(async () => {
        [{ status }] = (await daemon.ask({ op: 'list', run })).result.jobs;
        return status !== 'running' && status !== 'waiting';
      }, 120_000);
      await until(() => daemon.descriptors <= opened, 30_000);
      const more = mostResident(daemon.pid) - memory;
      const left = daemon.descriptors;
      for (const client of deaf) client.close();
      trial.equal(status, 'succeeded', 'the job');
      trial.atMost(more, 400, 'MiB more');
      trial.atMost(left, opened, 'descriptors');
      return `${status}, memory ${memory.toFixed(0)} → ${inMiB(memory + more)} at most, descriptors ${opened} → ${left}`;
    },
  },

  'R-7-silent-clients': {
    bound:
      '120 silent clients of TLS and 120 of TCP, where 50 may connect: the socket answers all meanwhile, so do connections that exist, and the silent ones are dropped',
    timeout: 600,
    async attack(trial) {
      const limits = { connections: 50, handshakes: 50, write: '10s', idle: '10m' };
      const daemon = await Daemon.start(trial, { listen: { ...withTls(trial), tcp: { port: 0 } }, limits });
      const known = await Client.open(daemon.port('tcp'));
      await known.ask(daemon.authentication('tcp'));
      const before = daemon.descriptors;
      const silent = (
        await Promise.all(['tls', 'tcp'].map((kind) => times(120, 120, () => open(daemon.port(kind)))))
      ).flat();
      for (const socket of silent) socket.resume();
      let [asked, answered, byKnown] = [0, 0, 0];
      // As long as none has been dropped.
      for (; asked < 20 && !silent.some(isClosed); asked++) {
        if (await daemon.isFine()) answered++;
        if ((await known.ask({ op: 'list' }))?.result !== undefined) byKnown++;
        await sleep(50);
      }
      await until(() => silent.every(isClosed), 60_000);
      const dropped = silent.filter(isClosed).length;
      await until(() => daemon.descriptors <= before, 10_000);
      trial.hold(asked > 0, 'nothing was asked while they were silent');
      trial.equal([answered, byKnown, dropped], [asked, asked, 240], 'answers at the socket, at the port, dropped');
      trial.atMost(daemon.descriptors, before, 'descriptors');
      known.close();
      return `${answered} of ${asked} answers at the socket, ${byKnown} to a client at the port, ${dropped} of 240 dropped`;
    },
  },

  'silent-TLS': {
    bound:
      '200 silent clients of TLS, a handshake may take 8 s: dropped; a client with a certificate and one at the socket are answered meanwhile',
    timeout: 600,
    async attack(trial) {
      const limits = { write: '8s', idle: '10m', handshakes: 400 };
      const daemon = await Daemon.start(trial, { listen: withTls(trial), limits });
      const silent = await times(200, 100, () => open(daemon.port('tls')));
      for (const socket of silent) socket.resume();
      let [asked, answered] = [0, 0];
      for (; asked < 20 && !silent.some(isClosed); asked++) {
        const certificate = authority.issue('client');
        const socket = connectTls(daemon.port('tls'), { ca: authority.cert, ...certificate });
        const client = new Client(socket);
        if ((await client.ask({ op: 'list' }, 7_000))?.result !== undefined && (await daemon.isFine())) answered++;
        client.close();
      }
      await until(() => silent.every(isClosed), 60_000);
      const dropped = silent.filter(isClosed).length;
      trial.hold(asked > 0, 'nothing was asked while they were silent');
      trial.equal([answered, dropped], [asked, 200], 'answers, dropped');
      return `${answered} of ${asked} answers, ${dropped} of 200 dropped`;
    },
  },
};
