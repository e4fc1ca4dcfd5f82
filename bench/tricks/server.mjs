// One application of the benchmark: `node server.mjs NAME`. It sends its parent its port, and its processor time when asked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openNursery, run } from '@tercet/core';

const MIB = 2 ** 20;

/** Serves until the process ends. @param serve gets the options of a `serve…` function. */
const listen = (serve) =>
  run(() => serve({ host: '127.0.0.1', taskStatus: { started: ([{ port }]) => process.send({ port }) } }));

const APPLICATIONS = {
  async echo() {
    const { serveTcp } = await import('@tercet/net');
    await listen((options) =>
      serveTcp(
        async (stream) => {
          for await (const chunk of stream) await stream.sendAll(chunk);
        },
        0,
        options,
      ),
    );
  },

  async http() {
    const { serveHttp } = await import('@tercet/net');
    const handle = async (request, response) => {
      await nextTurn();
      const body = JSON.stringify({ path: request.url, numbers: [1, 2, 3], last: 'end' });
      response.setHeader('content-length', body.length);
      response.end(body);
    };
    await listen((options) => serveHttp(handle, 0, { ...options, timeout: 30_000 }));
  },

  async files() {
    const { serveTcp } = await import('@tercet/net');
    const handler = await serveFile();
    await listen((options) => serveTcp(handler, 0, options));
  },

  async 'files over TLS'() {
    const { serveTls } = await import('@tercet/net');
    const { makeAuthority } = await import('../../packages/net/test/tls/certificates.ts');
    const identity = makeAuthority('benchmark').issue('localhost');
    const handler = await serveFile();
    await listen((options) => serveTls(handler, 0, { ...options, ...identity }));
  },

  async pipe() {
    const { runProcess } = await import('@tercet/proc');
    const zeros = ['if=/dev/zero', 'bs=65536', 'count=16384', 'status=none'];
    process.send({ port: 0 });
    const pass = () =>
      openNursery(async (nursery) => {
        const start = (args, options) =>
          nursery.start((taskStatus) => runProcess('dd', args, { ...options, taskStatus }));
        const sink = await start(['of=/dev/null', 'bs=65536', 'status=none'], { stdin: 'pipe' });
        const source = await start(zeros, { stdout: 'pipe' });
        for await (const chunk of source.stdout) await sink.stdin.sendAll(chunk);
        await sink.stdin.close();
      });
    await run(pass);
    const before = cpu();
    await run(pass);
    process.send({ used: cpu() - before });
  },
};

/** A handler for a connection: `r` asks for a MiB, `w` comes before a MiB to be stored. */
async function serveFile() {
  const { openFile } = await import('@tercet/fs');
  const folder = mkdtempSync(join(tmpdir(), 'tercet-tricks-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'read'), Buffer.alloc(MIB, 'tercet'));
  let files = 0;
  return async (stream) => {
    const name = join(folder, `written-${files++}`);
    for (;;) {
      const command = await stream.receiveSome(1);
      if (command === null) return;
      if (command[0] === 'r'.charCodeAt(0)) {
        await using file = await openFile(join(folder, 'read'), 'rb');
        for await (const chunk of file.chunks()) await stream.sendAll(chunk);
      } else {
        await using file = await openFile(name, 'wb');
        for (let left = MIB; left > 0;) {
          const chunk = await stream.receiveSome();
          if (chunk === null) return;
          left -= chunk.length;
          await file.write(chunk);
        }
        await stream.sendAll('k');
      }
    }
  };
}

function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

process.on('disconnect', () => process.exit());
process.on('message', () => process.send({ cpu: cpu() }));
await APPLICATIONS[process.argv[2]]();
