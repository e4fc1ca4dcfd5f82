import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { failAfter, openNursery, sleep } from '@tercet/core';
import type { CompletedProcess, Process } from '@tercet/proc';
import { callJobd, programTest } from './jobd-process.ts';

export interface Daemon {
  readonly process: Process;
  /** For clients of the Unix socket: `jobd(['list'])`. */
  readonly jobd: (args: readonly string[]) => Promise<CompletedProcess>;
  readonly socket: string;
  /** `tcp://host:port`. */
  readonly tcp: string;
  /** `tls://host:port`, when it listens there. */
  readonly tls: string;
  readonly log: () => Record<string, unknown>[];
}

/** A file of the folder `test/certificates`. */
export function certificate(name: string): string {
  return fileURLToPath(new URL(`../certificates/${name}`, import.meta.url));
}

/** A test with a daemon, which has ended, in good order, when it is over. @param config may add to where it listens. */
export function daemonTest(
  config: { readonly listen?: object; readonly [key: string]: unknown },
  body: (daemon: Daemon, folder: string) => Promise<void>,
  exitCode = 0,
): () => Promise<void> {
  return programTest(async (folder) => {
    const path = join(folder, 'jobd.json');
    const listen = { unix: 'jobd.sock', tcp: { port: 0 }, ...config.listen };
    writeFileSync(path, JSON.stringify({ grace: 200, ...config, listen }));
    const logFile = join(folder, 'daemon.log');
    const log = (): Record<string, unknown>[] =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        // Behind the last end of a line there is nothing, or a line that is being written just now.
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    let end: CompletedProcess | undefined;
    await openNursery(async (nursery) => {
      const process = await nursery.start<Process>(async (taskStatus) => {
        const options = { captureStdout: false, stdout: { file: logFile }, env: environmentIn(folder), taskStatus };
        end = await callJobd(['serve', path], options);
      });
      const addresses = (): string[] =>
        log().flatMap(({ msg, address }) => (msg === 'listening' ? [String(address)] : []));
      await until(() => existsSync(logFile) && addresses().length === Object.keys(listen).length);
      const socket = join(folder, 'jobd.sock');
      const jobd = (args: readonly string[]): Promise<CompletedProcess> =>
        callJobd(args, { env: { ...environmentIn(folder), JOBD_ADDRESS: socket } });
      const [, tcp = '', tls = ''] = addresses();
      await body({ process, jobd, socket, tcp, tls, log }, folder);
      process.terminate();
    });
    expect([end?.exitCode, end?.stderrText]).toEqual([exitCode, '']);
    expect(existsSync(join(folder, 'jobd.sock'))).toBe(false);
  });
}

/** With a home of its own, in which a daemon leaves its tokens, and clients find them. */
export function environmentIn(folder: string): NodeJS.ProcessEnv {
  return { ...globalThis.process.env, HOME: folder };
}

/** The first message of a client at a port. */
export function authentication(folder: string, address: string): string {
  const { hostname, port } = new URL(address);
  const file = join(folder, '.jobd/tokens', encodeURIComponent(`${hostname}:${port}`));
  return `${JSON.stringify({ jobd: 1, id: 'token', op: 'authenticate', token: readFileSync(file, 'utf8').split('\n')[0] })}\n`;
}

/** Polls until something has happened for which there is no event. */
export async function until(condition: () => boolean): Promise<void> {
  await failAfter(50_000, async () => {
    while (!condition()) await sleep(10);
  });
}

/** A client that knows nothing of jobd: sends a text, and collects what comes. */
export class RawClient implements Disposable {
  received = '';
  ended = false;
  readonly #socket: Socket;

  /** @param address a path, or a port of this machine. */
  constructor(address: string | number, text: string) {
    this.#socket = typeof address === 'string' ? connect(address) : connect(address, '127.0.0.1');
    this.#socket.on('data', (data) => (this.received += data.toString()));
    this.#socket.on('close', () => (this.ended = true));
    this.#socket.on('error', () => undefined);
    this.#socket.write(text);
  }

  answers(): Record<string, unknown>[] {
    const lines = this.received.slice(0, this.received.lastIndexOf('\n') + 1).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 'open';
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
