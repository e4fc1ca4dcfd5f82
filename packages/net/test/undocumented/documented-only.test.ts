import { expect, it } from '@jest/globals';
import { runProgram } from '../programs/program.ts';

// Node emits `connection` when it makes the socket of an accepted connection, which is the documented way.
const PROGRAM = `
  import { Server } from 'node:net';
  import { openNursery, run } from '@tercet/core';
  import { openTcpListeners, openTcpStream, serveListeners } from './src/index.ts';
  import { worksNatively } from './src/undocumented/tls-probe.ts';
  const emitted = new Set();
  const emit = Server.prototype.emit;
  Server.prototype.emit = function (event, ...args) { emitted.add(event); return emit.call(this, event, ...args); };
  await run(() =>
    openNursery(async (nursery) => {
      const listeners = await openTcpListeners(0, { host: '127.0.0.1' });
      nursery.startSoon(() => serveListeners((stream) => stream.sendAll('hello'), listeners));
      const stream = await openTcpStream('127.0.0.1', listeners[0].port);
      const text = new TextDecoder().decode(await stream.receiveSome());
      await stream.close();
      const accepted = emitted.has('connection') ? 'by events' : 'by handles';
      console.log(\`\${text}, accepted \${accepted}, \${await worksNatively()}.\`);
      nursery.cancelScope.cancel();
    }),
  );
`;

it.each([
  ['with TERCET_DOCUMENTED_ONLY=1 nothing undocumented is used', '1', 'hello, accepted by events, false'],
  ['otherwise the undocumented parts are used', '', 'hello, accepted by handles, true'],
])('%s', async (_title, value, said) => {
  const program = runProgram(PROGRAM, `export TERCET_DOCUMENTED_ONLY=${value}`);
  const [text] = await program.says(/hello.*(?=\.)/);
  expect(text).toBe(said);
});
