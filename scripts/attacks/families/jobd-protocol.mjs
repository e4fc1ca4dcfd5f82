// Attacks on jobd by clients that have been let in, and send lines of any kind.
import { seededRandom } from '@tercet/core/lowlevel';
import { Client } from '../client.mjs';
import { Daemon } from '../daemon.mjs';
import { inMiB, mostResident, resident } from '../../process-figures.mjs';
import { times } from '../sockets.mjs';
import { until } from '../until.mjs';

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
};
