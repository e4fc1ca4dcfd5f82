import { expect } from '@jest/globals';
import { failAfter } from '@tercet/core';
import { runProcess } from '@tercet/proc';
import { Event } from '@tercet/sync';

/** A program that sends what it reads to an address, and writes what comes from there. */
export interface ForeignProgram {
  readonly file: string;
  readonly args: readonly string[];
}

export interface Conversation {
  readonly answers: readonly Record<string, unknown>[];
  readonly exitCode: number | null;
  readonly errors: string;
}

/** OpenBSD's `nc`, as Linux has it. @param target a path, or a host and a port. */
export async function netcat(...target: readonly string[]): Promise<ForeignProgram> {
  if (await isThere('nc', ['-h'], /OpenBSD/)) {
    return { file: 'nc', args: target.length === 1 ? ['-N', '-U', ...target] : ['-N', ...target] };
  }
  const [first = '', port] = target;
  const address = port === undefined ? { path: first } : { host: first, port: Number(port) };
  return inNode(`require('node:net').connect({ ...${JSON.stringify(address)}, allowHalfOpen: true })`);
}

export interface TlsFiles {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

/** `openssl s_client`. */
export async function openssl(port: number, { ca, cert, key }: TlsFiles): Promise<ForeignProgram> {
  if (await isThere('openssl', ['version'], /^OpenSSL/)) {
    const shown = cert === undefined || key === undefined ? [] : ['-cert', cert, '-key', key];
    const trusted = ['-CAfile', ca, '-verify_return_error', '-verify_ip', '127.0.0.1'];
    const args = ['s_client', '-quiet', '-no_ign_eof', '-connect', `127.0.0.1:${port}`, ...trusted, ...shown];
    return { file: 'openssl', args };
  }
  const read = (file?: string): string =>
    file === undefined ? 'undefined' : `require('node:fs').readFileSync(${JSON.stringify(file)})`;
  const files = `ca: ${read(ca)}, cert: ${read(cert)}, key: ${read(key)}`;
  return inNode(`require('node:tls').connect({ host: '127.0.0.1', port: ${port}, ${files} })`);
}

/** Has a program send some text, and end when it has written so many lines; or before, when it is not let in. */
export async function converse(program: ForeignProgram, text: string, lines: number): Promise<Conversation> {
  const answers: Record<string, unknown>[] = [];
  const complete = new Event();
  async function* input(): AsyncGenerator<string> {
    yield text;
    await complete.wait();
  }
  const options = {
    stdin: input(),
    onStdoutLine: (line: string) => {
      answers.push(JSON.parse(line) as Record<string, unknown>);
      if (answers.length === lines) complete.set();
    },
    captureStderr: true,
    check: false,
  };
  const { exitCode, stderrText } = await failAfter(20_000, () => runProcess(program.file, program.args, options));
  return { answers, exitCode, errors: stderrText };
}

// On a machine that has only Node these tests run as well, with a few lines of Node in place of the program. CI must have it.
async function isThere(file: string, args: readonly string[], answer: RegExp): Promise<boolean> {
  let output: string;
  try {
    const result = await runProcess(file, args, { captureStdout: true, captureStderr: true, check: false });
    output = result.stdoutText + result.stderrText;
  } catch (error) {
    output = String(error);
  }
  const found = answer.test(output);
  if (process.env['CI'] !== undefined && process.platform === 'linux') {
    expect(found ? '' : `${file} is missing here, and CI must have it; .ci/run installs it. It says: ${output}`).toBe(
      '',
    );
  }
  return found;
}

function inNode(socket: string): ForeignProgram {
  const source = `const socket = ${socket}; process.stdin.pipe(socket); socket.pipe(process.stdout);`;
  return { file: process.execPath, args: ['-e', source] };
}
