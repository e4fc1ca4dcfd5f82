import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { callJobd, programTest } from '../cli/jobd-process.ts';

const evil = '\u001b]0;EVIL\u0007\u009b2J\u202e';
const shown = '\\u001b]0;EVIL\\u0007\\u009b2J\\u202e';
const obeyed = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/u;

const report = { job: `1/${evil}`, status: evil, reason: `spawn ${evil}\nnext`, attempts: 1, duration: 5, log: evil };

it.each([
  ['an error', ['list'], { error: { code: 'x', message: `no ${evil}` } }, `jobd: no ${shown}`],
  ['a list', ['list'], { result: { jobs: [report] } }, shown],
  ['a list in JSON', ['list', '--json'], { result: { jobs: [report] } }, '\\u009b2J'],
  ['the end of a job', ['tail', '1/a'], { result: report }, `jobd: 1/a ${shown}: spawn ${shown}\\nnext`],
  ['a line of output', ['tail', '1/a'], { event: { line: `a ${evil} b` } }, 'a '],
  ['no JSON', ['list'], evil, 'jobd: what answers there is not a daemon of jobd'],
  [
    'other types',
    ['list'],
    { result: { jobs: [{ ...report, duration: evil }] } },
    'jobd: the daemon has sent something',
  ],
])('R-13: %s of a daemon cannot make a terminal do anything', (_, args, answer, expected) =>
  programTest(async (folder) => {
    const socket = join(folder, 'fake.sock');
    const clients = new Set<Socket>();
    const server = createServer((client) => {
      clients.add(client);
      const text = typeof answer === 'string' ? answer : JSON.stringify({ jobd: 1, id: '1', ...answer });
      client.on('error', () => undefined).on('data', () => client.end(`${text}\n`));
    }).listen(socket);
    try {
      await once(server, 'listening');
      const { stdoutText, stderrText } = await callJobd([...args, '--address', socket]);
      expect(stdoutText + stderrText).toContain(expected);
      expect(stdoutText + stderrText).not.toMatch(obeyed);
    } finally {
      server.close();
      for (const client of clients) client.destroy();
    }
  })(),
);
