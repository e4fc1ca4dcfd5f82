// A little of everything that net and proc do with sockets, pipes and certificates.
import { Server } from 'node:net';
import { Duplex, Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { openNursery, run } from '@tercet/core';
import * as net from '@tercet/net';
import { runProcess } from '@tercet/proc';
import { makeAuthority } from '../../test-authority.mjs';
import { withResource } from '../../with-resource.mjs';
import { obey } from './obey.mjs';

const authority = makeAuthority('documented');
const identity = authority.issue('127.0.0.1');

/** Which ways the packages take, as far as Node lets others see. */
const seen = { accepted: false, written: false, read: false, underscores: new Set() };

/** Has `notice` called with the arguments of each call of a method of Node's. */
function watch(prototype, name, notice) {
  const original = prototype[name];
  prototype[name] = function (...args) {
    notice(...args);
    return Reflect.apply(original, this, args);
  };
}

watch(Server.prototype, 'emit', (event) => {
  if (event === 'connection') seen.accepted = true;
});
watch(Duplex.prototype, 'write', (data) => {
  if (Buffer.from(data).toString() === 'tcp') seen.written = true;
});
watch(Readable.prototype, 'push', (data) => {
  if (data !== null && Buffer.from(data).toString() === 'proc') seen.read = true;
});
watch(TLSSocket.prototype, 'on', (event) => {
  // Node's own server listens to them as well. The lines above the caller's are the error, this function and `watch`.
  const byPackage = /\/packages\/\w+\/dist\//.test(new Error().stack.split('\n')[3]);
  if (String(event).startsWith('_') && byPackage) seen.underscores.add(event);
});

async function echo(stream) {
  for await (const bytes of stream) await stream.sendAll(bytes);
}

async function ask(stream, text) {
  return await withResource(stream, async () => {
    await stream.sendAll(text);
    return Buffer.from(await stream.receiveSome()).toString();
  });
}

obey({
  use: () =>
    run(async () => {
      const answers = [];
      await openNursery(async (nursery) => {
        const host = '127.0.0.1';
        const [tcp] = await nursery.start((taskStatus) => net.serveTcp(echo, 0, { host, taskStatus }));
        const strict = { ...identity, ca: authority.cert, requestCert: true };
        const [tls] = await nursery.start((taskStatus) => net.serveTls(echo, 0, { host, ...strict, taskStatus }));
        answers.push(await ask(await net.openTcpStream(host, tcp.port), 'tcp'));
        answers.push(await ask(await net.openTlsStream(host, tls.port, { ca: authority.cert, ...identity }), 'tls'));
        const { stdoutText } = await runProcess('cat', { stdin: 'proc', captureStdout: true });
        answers.push(stdoutText);
        nursery.cancelScope.cancel();
      });
      return { answers, ...seen, underscores: [...seen.underscores] };
    }),
});
