import { describe, expect, it } from '@jest/globals';
import { abortable, failAfter, openNursery } from '@tercet/core';
import { fromReadable, fromWritable, StapledStream } from '@tercet/streams';
import type { Sendable, SendStream } from '@tercet/streams';
import { Event } from '@tercet/sync';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTlsStream, serveTcp, serveTls, TlsStream } from '../../src/index.ts';
import type { SocketListener, SocketStream, TcpTlsListener } from '../../src/index.ts';
import { realRun } from '../system-clock.ts';
import { authority, identity, VERSIONS } from './tls-pairs.ts';

interface OpenSsl {
  readonly stdin: SendStream;
  /** Waits until it has written what `text` matches, on either of its outputs. */
  untilWritten(text: RegExp): Promise<RegExpExecArray>;
  /** Waits until it has ended, and returns its exit code. */
  ended(): Promise<number | null>;
}

/** Runs the program `openssl` for as long as `body` does. */
async function withOpenSsl(args: readonly string[], body: (program: OpenSsl) => Promise<void>): Promise<void> {
  // One pipe for both outputs: it says there what it does.
  const child = spawn('sh', ['-c', 'exec openssl "$@" 2>&1', 'sh', ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const stdout = fromReadable(child.stdout);
  let written = '';
  try {
    const program: OpenSsl = {
      stdin: fromWritable(child.stdin),
      async untilWritten(text) {
        for (;;) {
          const match = text.exec(written);
          if (match !== null) return match;
          const chunk = await stdout.receiveSome();
          if (chunk === null) throw new Error(`openssl has ended without ${text}: ${written}`);
          written += Buffer.from(chunk).toString();
        }
      },
      ended: async () => (await abortable(() => exit))[0],
    };
    await failAfter({ seconds: 4 }, () => body(program));
  } finally {
    child.kill('SIGKILL');
    await exit;
  }
}

/** Calls `body` with the paths of the certificates as files. */
async function withFiles(body: (files: { ca: string; cert: string; key: string }) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tercet-tls-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  try {
    await body({
      ca: write('ca.pem', authority.cert),
      cert: write('cert.pem', identity.cert),
      key: write('key.pem', identity.key),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function echo(stream: TlsStream): Promise<void> {
  for await (const chunk of stream) await stream.sendAll(chunk);
  await stream.close();
}

async function receiveLine(stream: TlsStream): Promise<string> {
  let line = '';
  while (!line.endsWith('\n')) line += Buffer.from((await stream.receiveSome()) ?? '?\n').toString();
  return line;
}

describe.each(VERSIONS)('with openssl, %s', (version) => {
  const flag = version === 'TLSv1.3' ? '-tls1_3' : '-tls1_2';

  it(
    'SSL-002: s_client trusts the server, gets its echo, and ends at its goodbye',
    realRun(() =>
      withFiles(async ({ ca }) => {
        await openNursery(async (nursery) => {
          const [listener] = await nursery.start<TcpTlsListener[]>((taskStatus) =>
            serveTls(echo, 0, { ...identity, host: '127.0.0.1', taskStatus }),
          );
          const target = ['-connect', `127.0.0.1:${listener!.port}`, '-servername', 'server.example', '-CAfile', ca];
          const args = ['s_client', ...target, flag, '-verify_return_error', '-verify_hostname', 'server.example'];
          await withOpenSsl([...args, '-quiet', '-no_ign_eof'], async (client) => {
            await client.stdin.sendAll('hello from openssl\n');
            await client.untilWritten(/hello from openssl\n/);
            await client.stdin.close();
            expect(await client.ended()).toBe(0);
          });
          nursery.cancelScope.cancel();
        });
      }),
    ),
  );

  it(
    'SSL-001: s_server gets our lines and sends them back, and sees our goodbye',
    realRun(() =>
      withFiles(async ({ cert, key }) => {
        const args = ['s_server', '-accept', '127.0.0.1:0', '-cert', cert, '-key', key, flag, '-rev', '-naccept', '1'];
        await withOpenSsl(args, async (server) => {
          const [, port] = await server.untilWritten(/ACCEPT .*:(\d+)\n/);
          const stream = await openTlsStream('127.0.0.1', Number(port), {
            ca: authority.cert,
            serverHostname: 'server.example',
          });
          await stream.sendAll('abc\n');
          expect(await receiveLine(stream)).toBe('cba\n');
          const long = 'x'.repeat(10_000);
          await stream.sendAll(`${long}y\n`);
          expect(await receiveLine(stream)).toBe(`y${long}\n`);
          expect(stream.protocol).toBe(version);
          await stream.close();
          expect(await server.ended()).toBe(0);
        });
      }),
    ),
  );
});

it(
  'TLS 1.3: a peer may change its key and ask for ours to be changed, in the middle of a conversation',
  realRun(() =>
    withFiles(async ({ ca }) => {
      await openNursery(async (nursery) => {
        const [listener] = await nursery.start<TcpTlsListener[]>((taskStatus) =>
          serveTls(echo, 0, { ...identity, host: '127.0.0.1', taskStatus }),
        );
        const args = ['s_client', '-connect', `127.0.0.1:${listener!.port}`, '-CAfile', ca, '-tls1_3'];
        await withOpenSsl(args, async (client) => {
          // It takes a letter for a command only when that comes alone, so each has to be through before the next line.
          for (const [command, text, done] of [
            ['K', 'second line', /KEYUPDATE/],
            ['k', 'third line', /KEYUPDATE[^]*KEYUPDATE/],
          ] as const) {
            await client.stdin.sendAll(`${command}\n`);
            await client.untilWritten(done);
            await client.stdin.sendAll(`${text}\n`);
            const [answer] = await client.untilWritten(new RegExp(`^${text}\n`, 'm'));
            expect(answer).toBe(`${text}\n`);
          }
          await client.stdin.sendAll('Q\n');
          expect(await client.ended()).toBe(0);
        });
        nursery.cancelScope.cancel();
      });
    }),
  ),
);

/** A stream that sends only while its gate is open. */
class GatedStream extends StapledStream {
  gate = new Event();
  readonly reached = new Event();

  override async sendAll(data: Sendable): Promise<void> {
    if (!this.gate.isSet) this.reached.set();
    await this.gate.wait();
    await super.sendAll(data);
  }
}

it(
  'G-119: who receives does not wait for another task that cannot send, also when the peer wants keys to be changed',
  realRun(() =>
    withFiles(async ({ ca }) => {
      await openNursery(async (nursery) => {
        const isFull = new Event();
        const handler = async (tcp: SocketStream): Promise<void> => {
          const gated = new GatedStream(tcp, tcp);
          gated.gate.set();
          await using stream = new TlsStream(gated, { ...identity, serverSide: true });
          await stream.sendAll('welcome\n');
          gated.gate = new Event();
          await openNursery(async (tasks) => {
            tasks.startSoon(() => stream.sendAll('sent at last\n'));
            await gated.reached.wait();
            isFull.set();
            expect(await receiveLine(stream)).toBe('a line after it\n');
            gated.gate.set();
          });
          expect(await receiveLine(stream)).toBe('and one more\n');
        };
        const [listener] = await nursery.start<SocketListener[]>((taskStatus) =>
          serveTcp(handler, 0, { host: '127.0.0.1', taskStatus }),
        );
        const args = ['s_client', '-connect', `127.0.0.1:${listener!.port}`, '-CAfile', ca, '-tls1_3'];
        await withOpenSsl(args, async (client) => {
          await client.untilWritten(/^welcome\n/m);
          await isFull.wait();
          await client.stdin.sendAll('K\n');
          await client.untilWritten(/KEYUPDATE/);
          await client.stdin.sendAll('a line after it\n');
          await client.untilWritten(/^sent at last\n/m);
          await client.stdin.sendAll('and one more\n');
          expect(await client.ended()).toBe(0);
        });
        nursery.cancelScope.cancel();
      });
    }),
  ),
);
