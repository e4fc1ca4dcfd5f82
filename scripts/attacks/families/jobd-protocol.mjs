// Attacks on jobd by clients that have been let in: what they send, how slowly, and what they do not read.
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@tercet/core/lowlevel';
import { Client } from '../client.mjs';
import { Daemon } from '../daemon.mjs';
import { inMiB, mostResident, resident } from '../figures.mjs';
import { times } from '../sockets.mjs';
import { until } from '../until.mjs';

const idle = { idle: '10m' };

export const attacks = {
  'lines-at-random': {
    bound:
      '9,000 mutated requests and 100 sentinels: each is answered, in JSON; 1,000 lines of other kinds: cut off; memory +64 MiB, one descriptor more at most, nothing at level 50',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { listen: { unix: 'jobd.sock', tcp: { port: 0 } } });
      const random = seededRandom(7);
      const pick = (list) => list[Math.floor(random() * list.length)];
      await daemon.isFine();
      const [memory, opened] = [resident(daemon.pid), daemon.descriptors];
      const values = [
        0,
        -1,
        Number.MAX_VALUE,
        2 ** 53,
        null,
        true,
        '',
        '\0',
        '\u001b[2J',
        '../../etc',
        'x'.repeat(5_000),
        [],
        [[]],
        {},
        { a: { b: {} } },
        '1/a',
        'constructor',
        '__proto__',
      ];
      const keys = [
        'jobd',
        'id',
        'op',
        'run',
        'target',
        'job',
        'token',
        'path',
        'text',
        'jobs',
        '__proto__',
        'toString',
        'x'.repeat(300),
      ];
      const mutated = () => {
        const request = {
          jobd: 1,
          id: 'x',
          op: pick(['list', 'cancel', 'tail', 'submit', 'authenticate']),
          run: 1,
          target: '1',
          job: '1/a',
        };
        for (let n = 0; n < 1 + random() * 4; n++) request[pick(keys)] = pick(values);
        if (request.op === 'submit') delete request.text;
        return JSON.stringify(request);
      };
      const clients = await Promise.all(Array.from({ length: 10 }, () => Client.open(daemon.port('tcp'))));
      for (const client of clients) await client.ask(daemon.authentication('tcp'));
      for (const client of clients) {
        for (let n = 0; n < 910; n++)
          client.send(n % 91 === 90 ? '{"jobd":1,"id":"sentinel","op":"list"}\n' : `${mutated()}\n`);
      }
      const count = () => clients.reduce((sum, { answers }) => sum + answers.length - 1, 0);
      await until(() => count() >= 9_100 || clients.some(({ ended }) => ended));
      const sentinels = clients
        .flatMap(({ answers }) => answers)
        .filter(({ id, result }) => id === 'sentinel' && result !== undefined).length;
      trial.equal(
        [count(), sentinels, clients.filter(({ ended }) => ended).length],
        [9_100, 100, 0],
        'answers, sentinels, cut off',
      );
      const good = '{"jobd":1,"id":"x","op":"list"}';
      const cut = await times(1_000, 20, async () => {
        const bytes = Buffer.from(good);
        bytes[0] = pick([0, 10, 33, 200, 91, 34]);
        const client = await Client.open(daemon.socket);
        client.send(
          Buffer.concat([
            pick([
              bytes,
              Buffer.from('GET / HTTP/1.1\r'),
              Buffer.from('[]'),
              Buffer.from('7'),
              Buffer.from([255, 254, 0]),
            ]),
            Buffer.from('\n'),
          ]),
        );
        await until(() => client.ended, 20_000);
        const fine = client.ended && client.garbage === 0 && client.answers.every(({ error }) => error !== undefined);
        client.close();
        return fine;
      });
      const wrong = cut.filter((fine) => !fine).length;
      trial.equal(wrong, 0, 'lines of other kinds that were not cut off');
      const garbage = clients.reduce((sum, client) => sum + client.garbage, 0);
      for (const client of clients) client.close();
      await until(() => daemon.descriptors <= opened + 1, 10_000);
      trial.equal([garbage, daemon.failures.slice(0, 2)], [0, []], 'answers that are not JSON, level 50');
      trial.atMost(daemon.descriptors, opened + 1, 'descriptors');
      trial.atMost(resident(daemon.pid) - memory, 64, 'MiB more');
      return `${count()} answers, ${sentinels} sentinels, ${cut.length} cut off, memory ${memory.toFixed(0)} → ${inMiB(resident(daemon.pid))}, descriptors ${opened} → ${daemon.descriptors}`;
    },
  },

  'monstrous-lines': {
    bound:
      'a line of 200 MiB, a request 400,000 levels deep, NUL and wrong UTF-8 are answered, and the connection goes on; the memory grows by 160 MiB at most',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const client = await Client.open(daemon.socket);
      await client.ask({ op: 'list' });
      const before = resident(daemon.pid);
      const figures = [];
      const attack = async (name, send, code) => {
        const count = client.answers.length;
        await send();
        await until(() => client.answers.length > count || client.ended);
        const answered = client.answers[count]?.error?.code;
        trial.equal(answered, code, name);
        trial.hold((await client.ask({ op: 'list' }))?.result !== undefined, `${name}: no answer afterwards`);
        figures.push(`${name}: ${answered}`);
      };
      const piece = Buffer.alloc(2 ** 20, 'x');
      await attack(
        '200 MiB',
        async () => {
          for (let n = 0; n < 200; n++) {
            if (!client.send(piece)) await new Promise((resolve) => client.socket.once('drain', resolve));
          }
          client.send('\n');
        },
        'line-too-long',
      );
      const deep = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;
      await attack('400,000 deep', () => client.send(`{"jobd":1,"id":"x","op":"list","run":${deep}}\n`), 'bad-request');
      await attack('NUL', () => client.send('{"jobd":1,"id":"x","op":"\\u0000"}\n'), 'bad-request');
      await attack(
        'wrong UTF-8',
        () => client.send(Buffer.from('{"jobd":1,"id":"x","op":"\xff\xfe"}\n', 'latin1')),
        'bad-request',
      );
      const more = mostResident(daemon.pid) - before;
      trial.atMost(more, 160, 'MiB more');
      client.close();
      return `${figures.join(', ')}; memory +${inMiB(more)} at most`;
    },
  },

  'pipelined-requests': {
    bound: '20,000 requests at once, then the end of the sending side: 20,000 answers',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const client = await Client.open(daemon.socket);
      client.send('{"jobd":1,"id":"x","op":"list"}\n'.repeat(20_000));
      client.socket.end();
      await until(() => client.answers.length >= 20_000 || client.ended);
      await until(() => client.ended, 20_000);
      const good = client.answers.filter(({ result }) => result !== undefined).length;
      trial.equal([good, client.ended], [20_000, true], 'answers, end');
      return `${good} answers`;
    },
  },

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
      const { writeFileSync } = await import('node:fs');
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
};
