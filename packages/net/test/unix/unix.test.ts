import { afterEach, expect, it } from '@jest/globals';
import { abortable, all, openNursery, StateError } from '@tercet/core';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openUnixListener, openUnixSocket, serveUnix } from '../../src/index.ts';
import { setSocketFactory } from '../../src/testing.ts';
import type { SocketListener } from '../../src/index.ts';
import { SocketFile } from '../../src/unix/socket-file.ts';
import { hold, realRun, textOf, withSocketPath } from '../system-clock.ts';

const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
afterEach(() => {
  Object.defineProperty(process, 'platform', platform);
});

/** A socket file on which no server listens any more. */
async function leaveBehind(path: string): Promise<void> {
  const server = createServer();
  await abortable(async () => {
    server.listen(path);
    await once(server, 'listening');
    renameSync(path, `${path}.kept`);
    server.close();
    renameSync(`${path}.kept`, path);
  });
  expect(lstatSync(path).isSocket()).toBe(true);
}

async function echoOnce(listener: SocketListener, path: Parameters<typeof openUnixSocket>[0]): Promise<void> {
  const [client, server] = await all([() => openUnixSocket(path), () => listener.accept()]);
  await client.sendAll('ping');
  expect(textOf(await server.receiveSome())).toBe('ping');
  await server.sendAll('pong');
  expect(textOf(await client.receiveSome())).toBe('pong');
  await client.close();
  await server.close();
}

it(
  'UNX-001: connects by a string, a URL, and an object that stands for a path',
  realRun(() =>
    withSocketPath(async (path) => {
      await using listener = await openUnixListener(path);
      for (const form of [path, pathToFileURL(path), { toString: () => path }]) await echoOnce(listener, form);
      const stream = await openUnixSocket(path);
      expect(stream.remoteAddress).toEqual({ family: 'unix', address: path, port: 0 });
      expect(listener.localAddress).toEqual(stream.remoteAddress);
      await stream.close();
    }),
  ),
);

it(
  'UNX-002: a value that is not a path is refused, and a missing file is an error of the system',
  realRun(() =>
    withSocketPath(async (path) => {
      for (const wrong of [7, null, undefined, {}, []]) {
        await expect(openUnixSocket(wrong as string)).rejects.toThrow(TypeError);
        await expect(openUnixListener(wrong as string)).rejects.toThrow(TypeError);
      }
      await expect(openUnixSocket(path)).rejects.toMatchObject({ code: 'ENOENT' });
    }),
  ),
);

it(
  'UNX-003: a platform without Unix sockets is a clear error',
  realRun(async () => {
    Object.defineProperty(process, 'platform', { value: 'win32' });
    await expect(openUnixSocket('/tmp/x')).rejects.toThrow(StateError);
  }),
);

it(
  'UNX-004: a connection that fails leaves no socket',
  realRun(() =>
    withSocketPath(async (path) => {
      writeFileSync(path, 'no socket');
      await expect(openUnixSocket(path)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }),
  ),
);

it(
  'a path that is too long is refused with its length',
  realRun(async () => {
    const path = `/tmp/${'x'.repeat(103)}`;
    await expect(openUnixSocket(path)).rejects.toThrow(
      new RangeError(
        `openUnixSocket(): the path of a Unix socket has at most 107 bytes, and this one has 108: ${path}`,
      ),
    );
    await expect(openUnixListener('')).rejects.toThrow(RangeError);
    await expect(openUnixListener('/tmp/a\0b')).rejects.toThrow(RangeError);
  }),
);

it(
  'the longest path works',
  realRun(() =>
    withSocketPath(async (path) => {
      const long = `${path}${'x'.repeat(107 - path.length)}`;
      await using listener = await openUnixListener(long);
      expect(lstatSync(long).isSocket()).toBe(true);
      await echoOnce(listener, long);
    }),
  ),
);

it(
  'a socket file that was left behind is replaced',
  realRun(() =>
    withSocketPath(async (path) => {
      await leaveBehind(path);
      await expect(openUnixSocket(path)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await using listener = await openUnixListener(path);
      await echoOnce(listener, path);
    }),
  ),
);

it(
  'a socket on which a process listens is never replaced',
  realRun(() =>
    withSocketPath(async (path) => {
      await using listener = await openUnixListener(path);
      await expect(openUnixListener(path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
      // Checking whether a server listens there makes a connection, too.
      await (await listener.accept()).close();
      await echoOnce(listener, path);
    }),
  ),
);

it(
  'a file that is not a socket is never replaced',
  realRun(() =>
    withSocketPath(async (path) => {
      writeFileSync(path, 'precious');
      await expect(openUnixListener(path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
      expect(lstatSync(path).isFile()).toBe(true);
      expect(readdirSync(dirname(path))).toEqual(['s']);
    }),
  ),
);

it(
  'close deletes its file, and nothing else remains in the folder',
  realRun(() =>
    withSocketPath(async (path) => {
      const listener = await openUnixListener(path);
      expect(readdirSync(dirname(path))).toEqual(['s']);
      await listener.close();
      expect(readdirSync(dirname(path))).toEqual([]);
    }),
  ),
);

it(
  'close does not delete the file of another server that has taken its place',
  realRun(() =>
    withSocketPath(async (path) => {
      const first = await openUnixListener(path);
      renameSync(path, `${path}.old`);
      await using second = await openUnixListener(path);
      await first.close();
      expect(existsSync(path)).toBe(true);
      await echoOnce(second, path);
    }),
  ),
);

it(
  'the file has the permissions that were asked for from the beginning',
  realRun(() =>
    withSocketPath(async (path) => {
      for (const mode of [0o600, 0o666]) {
        await using listener = await openUnixListener(path, { mode });
        expect(lstatSync(path).mode & 0o777).toBe(mode);
        await echoOnce(listener, path);
      }
      await expect(openUnixListener(path, { mode: 0o1000 })).rejects.toThrow(RangeError);
      await expect(openUnixListener(path, { mode: 1.5 })).rejects.toThrow(TypeError);
    }),
  ),
);

it(
  'an abstract name needs no file',
  realRun(async () => {
    const name = `\0tercet-${process.pid}-${Math.random()}`;
    await using listener = await openUnixListener(name);
    await echoOnce(listener, name);
    await expect(openUnixListener(name)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  }),
);

it(
  'serveUnix serves until it is cancelled, and then deletes its file',
  realRun(() =>
    withSocketPath(async (path) => {
      await openNursery(async (nursery) => {
        await nursery.start((taskStatus) =>
          serveUnix(
            async (stream) => {
              for await (const chunk of stream) await stream.sendAll(chunk);
            },
            path,
            { taskStatus, mode: 0o600 },
          ),
        );
        await using client = await openUnixSocket(path);
        await client.sendAll('x');
        expect(textOf(await client.receiveSome())).toBe('x');
        nursery.cancelScope.cancel();
      });
      expect(existsSync(path)).toBe(false);
    }),
  ),
);

it(
  'I-23: errors name the path that was given, and a missing folder is one',
  realRun(() =>
    withSocketPath(async (path) => {
      const missing = `${path}/deeper/app.sock`;
      await expect(openUnixListener(missing)).rejects.toMatchObject({
        code: 'ENOENT',
        syscall: 'listen',
        address: missing,
        message: `listen ENOENT: no such file or directory ${missing}`,
        cause: expect.objectContaining({ syscall: 'listen' }),
      });
      writeFileSync(path, 'no folder');
      const inFile = `${path}/app.sock`;
      await expect(openUnixListener(inFile)).rejects.toMatchObject({
        code: 'ENOTDIR',
        message: `listen ENOTDIR: not a directory ${inFile}`,
      });
    }),
  ),
);

it(
  'I-23: an error of giving permissions or the name names the path that was given',
  realRun(() =>
    withSocketPath(async (path) => {
      const file = new SocketFile(path);
      // Nothing is bound there, as after the folder was cleared.
      expect(() => file.publish(0o600)).toThrow('ENOENT');
      const folder = dirname(path);
      setSocketFactory({
        createServer: (options) => {
          const server = createServer(options);
          server.on('listening', () => {
            for (const name of readdirSync(folder)) unlinkSync(join(folder, name));
          });
          return server;
        },
      });
      for (const options of [{ mode: 0o600 }, {}]) {
        await expect(openUnixListener(path, options)).rejects.toMatchObject({
          code: 'ENOENT',
          message: `listen ENOENT: no such file or directory ${path}`,
        });
      }
    }),
  ),
);

it(
  'I-21: a relative path means what it meant when the listener was opened, also after chdir',
  realRun(() =>
    withSocketPath(async (path) => {
      const folder = process.cwd();
      try {
        process.chdir(dirname(path));
        for (let i = 0; i < 2; i++) {
          const listener = hold(await openUnixListener('s'));
          expect(readdirSync('.')).toEqual(['s']);
          process.chdir('/');
          await echoOnce(listener, path);
          await listener.close();
          expect(readdirSync(dirname(path))).toEqual([]);
          process.chdir(dirname(path));
        }
      } finally {
        process.chdir(folder);
      }
    }),
  ),
);
