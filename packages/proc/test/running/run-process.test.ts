import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  ExceptionGroup,
  UnawaitedError,
  isCancelled,
  moveOnAfter,
  openNursery,
  run,
  sleep,
  sleepForever,
} from '@tercet/core';
import { CalledProcessError, CompletedProcess, OutputLimitError, runPipeline, runProcess } from '@tercet/proc';
import type { Process } from '@tercet/proc';
import { ReceiveLimitError } from '@tercet/streams';
import { memoryStreamOneWayPair, testRun } from '@tercet/testing';
import { inspect } from 'node:util';
import { realTimeRun } from '../real-time-run.ts';

const capture = { captureStdout: true, captureStderr: true };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tercet-run-process-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const failureOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    return await promise.then((value) => expect(value).toBe('a failure'));
  } catch (error) {
    return error;
  }
};

describe('the input of a process', () => {
  it(
    'PRC-007: passes through the process, and the result has its command',
    realTimeRun(async () => {
      const input = Buffer.from('x'.repeat(256 * 1024));
      const done = await runProcess('cat', ['-'], { stdin: input, captureStdout: true });
      expect(done).toBeInstanceOf(CompletedProcess);
      expect(done).toMatchObject({ args: ['cat', '-'], exitCode: 0, signal: null, stderr: undefined });
      expect(input.equals(done.stdout!)).toBe(true);
      expect((await runProcess('cat', [], capture)).stderr).toHaveLength(0);
    }),
  );

  it(
    'PRC-008: is empty by default',
    realTimeRun(async () => {
      expect((await runProcess('cat', [], capture)).stdoutText).toBe('');
    }),
  );

  it(
    'PRC-009: is UTF-8 when given as text',
    realTimeRun(async () => {
      expect((await runProcess('cat', [], { stdin: 'grüße\n', ...capture })).stdoutText).toBe('grüße\n');
    }),
  );

  it(
    'may be any view of an array buffer',
    realTimeRun(async () => {
      const stdin = new DataView(Uint8Array.of(0, 65, 66, 0).buffer, 1, 2);
      expect((await runProcess('cat', [], { stdin, ...capture })).stdoutText).toBe('AB');
    }),
  );

  it(
    'may be a stream, a generator, or a Node stream',
    realTimeRun(async () => {
      async function* words(): AsyncGenerator<string> {
        yield 'one ';
        await sleep(5);
        yield 'two';
      }
      expect((await runProcess('cat', [], { stdin: words(), ...capture })).stdoutText).toBe('one two');
      const readable = Readable.from([Buffer.from('three'), Buffer.from(' four')], { objectMode: false });
      expect((await runProcess('cat', [], { stdin: readable, ...capture })).stdoutText).toBe('three four');
      const [sender, receiver] = memoryStreamOneWayPair();
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await sender.sendAll('five');
          await sender.close();
        });
        expect((await runProcess('cat', [], { stdin: receiver, ...capture })).stdoutText).toBe('five');
      });
    }),
  );

  it(
    'may be a source that is still waiting when the process has ended',
    realTimeRun(async () => {
      const [, receiver] = memoryStreamOneWayPair();
      expect((await runProcess('true', [], { stdin: receiver })).exitCode).toBe(0);
      const neverEnding = new Readable({ read: () => undefined });
      expect((await runProcess('true', [], { stdin: neverEnding })).exitCode).toBe(0);
    }),
  );

  it(
    'may be a stream of the web, even one that stalls',
    realTimeRun(async () => {
      expect((await runProcess('cat', [], { stdin: new Blob(['one']).stream(), ...capture })).stdoutText).toBe('one');
      let reason: unknown;
      const stalled = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(Buffer.from('first\n')),
        cancel: (given) => (reason = given ?? 'no reason'),
      });
      expect((await runProcess('head', ['-n', '1'], { stdin: stalled, ...capture })).stdoutText).toBe('first\n');
      expect(reason).toBeDefined();
      const silent = new ReadableStream<Uint8Array>();
      expect(await moveOnAfter(50, () => runProcess('cat', [], { stdin: silent }))).toBeUndefined();
    }),
  );

  it(
    'may be a file, given by path, URL or descriptor',
    realTimeRun(async () => {
      const path = join(folder, 'input');
      writeFileSync(path, 'from a file');
      expect((await runProcess('cat', [], { stdin: { file: path }, ...capture })).stdoutText).toBe('from a file');
      const file = pathToFileURL(path);
      expect((await runProcess('cat', [], { stdin: { file }, ...capture })).stdoutText).toBe('from a file');
    }),
  );

  it(
    'G-132: may be closed early by the process without an error',
    realTimeRun(async () => {
      const stdin = Buffer.alloc(5_000_000, 'x');
      expect((await runProcess('head', ['-c', '3'], { stdin, ...capture })).stdoutText).toBe('xxx');
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) yield stdin;
      }
      expect((await runProcess('head', ['-c', '3'], { stdin: endless(), ...capture })).stdoutText).toBe('xxx');
      const script = 'exec 0<&-; sleep 0.05; echo done';
      expect((await runProcess('sh', ['-c', script], { stdin: endless(), ...capture })).stdoutText).toBe('done\n');
    }),
  );

  it(
    'fails with its source, and the process is ended',
    realTimeRun(async () => {
      async function* failing(): AsyncGenerator<string> {
        yield 'x';
        throw new TypeError('no more');
      }
      const error = await failureOf(runProcess('sh', ['-c', 'cat; exec sleep 1000'], { stdin: failing(), ...capture }));
      expect(error).toMatchObject({ errors: [expect.objectContaining({ message: 'no more' })] });
    }),
  );
});

describe('the output of a process', () => {
  const both = ['-c', 'echo out; echo err >&2; echo out; echo err >&2'];

  it(
    'G-133: is captured on request, separately for each output',
    realTimeRun(async () => {
      const done = await runProcess('sh', both, { captureStderr: true, stdout: 'ignore' });
      expect(done.stdout).toBeUndefined();
      expect(done.stderrText).toBe('err\nerr\n');
      expect(() => done.stdoutText).toThrow('captureStdout: true');
    }),
  );

  it(
    "PRC-015: goes to one place with stderr: 'stdout', in the order of writing",
    realTimeRun(async () => {
      const script = ['-c', 'for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done'];
      const expected = Array.from({ length: 9 }, (_, i) => `o${i + 1}\ne${i + 1}\n`).join('');
      const done = await runProcess('sh', script, { captureStdout: true, stderr: 'stdout' });
      expect(done).toMatchObject({ stdoutText: expected, stderr: undefined });
      const file = join(folder, 'output');
      await runProcess('sh', script, { stdout: { file }, stderr: 'stdout' });
      expect(readFileSync(file, 'utf8')).toBe(expected);
    }),
  );

  it(
    'goes to a file, which is emptied first or appended to',
    realTimeRun(async () => {
      const file = join(folder, 'output');
      writeFileSync(file, 'something old and long');
      await runProcess('echo', ['one'], { stdout: { file } });
      await runProcess('echo', ['two'], { stdout: { file, append: true } });
      expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
    }),
  );

  it(
    'I-18: goes to one file for both outputs, in the order of writing, under any two names of it',
    realTimeRun(async () => {
      const file = join(folder, 'both');
      const script = ['-c', 'echo aaaa; echo b >&2; echo c'];
      writeFileSync(file, 'something old and long');
      await runProcess('sh', script, { stdout: { file }, stderr: { file: join(folder, '.', 'both') } });
      expect(readFileSync(file, 'utf8')).toBe('aaaa\nb\nc\n');
      symlinkSync('both', join(folder, 'link'));
      const append = true;
      await runProcess('sh', script, { stdout: { file, append }, stderr: { file: join(folder, 'link'), append } });
      expect(readFileSync(file, 'utf8')).toBe('aaaa\nb\nc\naaaa\nb\nc\n');
    }),
  );

  it(
    'I-18: cannot go to one file that one output empties and the other one appends to',
    realTimeRun(async () => {
      const file = join(folder, 'both');
      writeFileSync(file, 'old');
      const error = await failureOf(runProcess('true', { stdout: { file, append: true }, stderr: { file } }));
      expect(error).toMatchObject({ name: 'RangeError', message: expect.stringMatching(/use stderr: 'stdout'/) });
      expect(readFileSync(file, 'utf8')).toBe('old');
    }),
  );

  it(
    'goes to two files, or to a device',
    realTimeRun(async () => {
      const [out, err] = [join(folder, 'out'), join(folder, 'err')];
      writeFileSync(err, 'something old');
      await runProcess('sh', both, { stdout: { file: out }, stderr: { file: err } });
      expect([readFileSync(out, 'utf8'), readFileSync(err, 'utf8')]).toEqual(['out\nout\n', 'err\nerr\n']);
      await runProcess('sh', both, { stdout: { file: '/dev/null' }, stderr: { file: '/dev/null' } });
    }),
  );

  it(
    'goes to a stream, which is not closed',
    realTimeRun(async () => {
      const [sender, receiver] = memoryStreamOneWayPair();
      await runProcess('echo', ['one'], { stdout: sender });
      await runProcess('echo', ['two'], { stdout: sender });
      await sender.close();
      let text = '';
      for await (const chunk of receiver) text += Buffer.from(chunk).toString();
      expect(text).toBe('one\ntwo\n');
    }),
  );

  it(
    'is passed to a callback line by line',
    realTimeRun(async () => {
      const lines: string[] = [];
      const onStdoutLine = async (line: string): Promise<void> => {
        lines.push(`begin ${line}`);
        await sleep(1);
        lines.push(`end ${line}`);
      };
      const onStderrLine = (line: string): unknown => lines.push(`error ${line}`);
      const done = await runProcess('printf', ['one\\r\\n\\ngrüße'], {
        onStdoutLine,
        onStderrLine,
        captureStdout: true,
      });
      expect(lines).toEqual(['begin one', 'end one', 'begin ', 'end ', 'begin grüße', 'end grüße']);
      expect(done.stdoutText).toBe('one\r\n\ngrüße');
      await runProcess('sh', ['-c', 'echo x >&2'], { onStderrLine });
      expect(lines.at(-1)).toBe('error x');
    }),
  );

  it(
    'I-16: may be a single line of many megabytes',
    realTimeRun(async () => {
      const lengths: number[] = [];
      const script = 'head -c 20000000 /dev/zero | tr "\\0" x; echo; echo short';
      await runProcess('sh', ['-c', script], { onStdoutLine: (line) => lengths.push(line.length) });
      expect(lengths).toEqual([20_000_000, 5]);
    }),
  );

  it(
    'I-16: is limited by maxLine: the process is ended at the first longer line, after the lines before it',
    realTimeRun(async () => {
      const lines: string[] = [];
      const options = {
        onStdoutLine: (line: string) => lines.push(line),
        maxLine: 10,
        captureStdout: true,
        stderr: 'ignore' as const,
      };
      const error = await failureOf(runProcess('sh', ['-c', 'echo 0123456789; yes | tr -d "\\n"'], options));
      expect(error).toBeInstanceOf(OutputLimitError);
      expect((error as Error).message).toMatch(/wrote a line of more than the 10 bytes that maxLine allows; it has/);
      expect(lines).toEqual(['0123456789']);
      expect((error as OutputLimitError).stdout!.length).toBeGreaterThan(20);
    }),
  );

  it(
    'I-16: a ReceiveLimitError of the callback itself is an error of the callback',
    realTimeRun(async () => {
      const own = new ReceiveLimitError('of somebody else');
      const onStdoutLine = (): never => {
        throw own;
      };
      const error = await failureOf(runProcess('echo', ['x'], { onStdoutLine }));
      expect((error as ExceptionGroup).errors).toEqual([own]);
    }),
  );

  it(
    'loses a byte order mark at its beginning',
    realTimeRun(async () => {
      const lines: string[] = [];
      const onStdoutLine = (line: string): unknown => lines.push(line);
      await runProcess('printf', ['\\357\\273\\277one\\n\\357\\273\\277two'], { onStdoutLine });
      expect(lines).toEqual(['one', '\ufefftwo']);
    }),
  );

  it(
    'fails with the callback for its lines, and the process is ended',
    realTimeRun(async () => {
      const onStdoutLine = (): never => {
        throw new TypeError('bad line');
      };
      const error = await failureOf(runProcess('sh', ['-c', 'echo x; exec sleep 1000'], { onStdoutLine }));
      expect(error).toBeInstanceOf(ExceptionGroup);
      expect((error as ExceptionGroup).errors).toEqual([expect.objectContaining({ message: 'bad line' })]);
    }),
  );

  it(
    'can be read in full long after the process has ended',
    realTimeRun(async () => {
      await openNursery(async (nursery) => {
        const process = await nursery.start<Process>((taskStatus) =>
          runProcess('head', ['-c', '100000', '/dev/zero'], { stdout: 'pipe', taskStatus }),
        );
        await process.wait();
        await sleep(20);
        let length = 0;
        for await (const chunk of process.stdout!) length += chunk.length;
        expect(length).toBe(100_000);
      });
    }),
  );

  it(
    'is still read while a cancelled call ends the process',
    realTimeRun(async () => {
      const lines: string[] = [];
      const script = 'trap "echo last words; exit" TERM; echo ready; while :; do sleep 0.01; done';
      await openNursery(async (nursery) => {
        await runProcess('sh', ['-c', script], {
          onStdoutLine: (line) => {
            lines.push(line);
            if (line === 'ready') nursery.cancelScope.cancel();
          },
        });
      });
      expect(lines).toEqual(['ready', 'last words']);
    }),
  );

  it(
    'G-134: is awaited while a background process holds it open, at most for outputTimeout',
    realTimeRun(async () => {
      const waited = await runProcess('sh', ['-c', '(sleep 0.2; echo late) & echo early'], capture);
      expect(waited.stdoutText).toBe('early\nlate\n');
      const options = { captureStdout: true, outputTimeout: 50 };
      const { stdoutText } = await runProcess('sh', ['-c', '(sleep 3; echo late) & echo early'], options);
      expect(stdoutText).toBe('early\n');
    }),
  );

  it(
    'is limited by maxOutput: a process that writes more is ended',
    realTimeRun(async () => {
      const error = await failureOf(runProcess('yes', [], { captureStdout: true, maxOutput: 1001 }));
      expect(error).toBeInstanceOf(OutputLimitError);
      expect((error as OutputLimitError).stdout).toHaveLength(1001);
      expect((error as Error).message).toMatch(/^yes wrote more than the 1001 bytes/);
      const done = await runProcess('printf', ['12345'], { captureStdout: true, maxOutput: 5 });
      expect(done.stdoutText).toBe('12345');
    }),
  );

  it(
    'does not block the process when standard error gets much of it',
    realTimeRun(async () => {
      const { stderr } = await runProcess('sh', ['-c', 'head -c 3000000 /dev/zero >&2; echo done'], capture);
      expect(stderr).toHaveLength(3_000_000);
    }),
  );
});

describe('the end of a process', () => {
  it(
    'G-135, PRC-012: with an exit code other than 0 is an error that shows the command and the end of stderr',
    realTimeRun(async () => {
      const script = ['-c', 'echo some >&2; echo words >&2; exit 3'];
      const error = await failureOf(runProcess('sh', script, { captureStderr: true }));
      expect(error).toBeInstanceOf(CalledProcessError);
      expect(error).toMatchObject({
        message: `sh -c 'echo some >&2; echo words >&2; exit 3' failed with exit code 3\nsome\nwords`,
        args: ['sh', ...script],
        exitCode: 3,
        signal: null,
        stdout: undefined,
        stderr: Buffer.from('some\nwords\n'),
      });
      const done = await runProcess('sh', script, { captureStderr: true, check: false });
      expect(done).toMatchObject({ exitCode: 3, stderrText: 'some\nwords\n' });
    }),
  );

  it(
    'is an error with only the last lines of a long standard error',
    realTimeRun(async () => {
      const error = await failureOf(runProcess('sh', ['-c', 'seq 10000 >&2; exit 1'], { captureStderr: true }));
      expect((error as Error).message.split('\n').slice(1)).toEqual(
        Array.from({ length: 10 }, (_, i) => `${9991 + i}`),
      );
    }),
  );

  it(
    'PRC-017: by a signal is an error that names the signal',
    realTimeRun(async () => {
      const error = await failureOf(runProcess('sh', ['-c', 'kill -USR1 $$']));
      expect(error).toMatchObject({ exitCode: null, signal: 'SIGUSR1' });
      expect((error as Error).message).toMatch(/was ended by signal SIGUSR1$/);
    }),
  );

  it(
    'I-13: by a real-time signal counts as exit code 0, because Node reports no more',
    realTimeRun(async () => {
      expect(await runProcess('sh', ['-c', 'kill -34 $$; sleep 1000'])).toMatchObject({ exitCode: 0, signal: null });
    }),
  );

  it(
    'is the same when the arguments are omitted before the options',
    realTimeRun(async () => {
      expect((await runProcess('pwd', { cwd: folder, captureStdout: true })).stdoutText).toMatch(/tercet-run-process-/);
    }),
  );

  it(
    'PRC-001: shows in the result',
    realTimeRun(async () => {
      expect(inspect(await runProcess('true'))).toBe('<CompletedProcess true: exit code 0>');
      expect(inspect(await runProcess('false', [], { check: false }))).toBe('<CompletedProcess false: exit code 1>');
    }),
  );
});

describe('C-2: the Cancelled of another scope', () => {
  const foreignCancelled = async (): Promise<unknown> => {
    let foreign: unknown;
    await moveOnAfter(1, async () => {
      foreign = await sleepForever().catch((error: unknown) => error);
    });
    return foreign;
  };

  it(
    'is a failure when a line callback throws it, and ends the process',
    realTimeRun(async () => {
      const foreign = await foreignCancelled();
      const onStdoutLine = (): Promise<never> => Promise.reject(foreign);
      const error = await failureOf(runProcess('sh', ['-c', 'echo x; exec sleep 1000'], { onStdoutLine }));
      expect(isCancelled(error)).toBe(false);
      expect((error as ExceptionGroup).errors).toEqual([
        expect.objectContaining({ name: 'StateError', cause: foreign }),
      ]);
    }),
  );

  it(
    'is a failure when the source of the input throws it',
    realTimeRun(async () => {
      const foreign = await foreignCancelled();
      async function* source(): AsyncGenerator<string> {
        yield 'x';
        throw foreign;
      }
      const error = await failureOf(runProcess('sh', ['-c', 'cat; exec sleep 1000'], { stdin: source(), ...capture }));
      expect((error as ExceptionGroup).errors).toEqual([
        expect.objectContaining({ name: 'StateError', cause: foreign }),
      ]);
    }),
  );

  it(
    'is a failure when deliverCancel throws it, and the process is ended all the same',
    realTimeRun(async () => {
      const foreign = await foreignCancelled();
      let child: Process | undefined;
      const error = await failureOf(
        openNursery(async (nursery) => {
          child = await nursery.start<Process>((taskStatus) =>
            runProcess('sleep', ['1000'], { deliverCancel: () => Promise.reject(foreign), taskStatus }),
          );
          nursery.cancelScope.cancel();
        }),
      );
      expect(child?.signal).toBe('SIGTERM');
      const leaves = (error as ExceptionGroup).leaves();
      expect(leaves).toEqual([expect.objectContaining({ name: 'StateError', cause: foreign })]);
    }),
  );
});

describe('an option of Node', () => {
  it(
    'shell: runs a shell command',
    realTimeRun(async () => {
      const done = await runProcess('echo $((1 + 1)) | cat', [], { shell: true, captureStdout: true });
      expect(done.stdoutText).toBe('2\n');
    }),
  );

  it(
    'cwd, env: set the folder, and the whole environment',
    realTimeRun(async () => {
      const options = { cwd: folder, env: { PATH: process.env['PATH'], GREETING: 'hi' }, captureStdout: true };
      const { stdoutText } = await runProcess('sh', ['-c', 'pwd -P; echo $GREETING; echo "[$HOME]"'], options);
      expect(stdoutText).toMatch(/tercet-run-process-\w+\nhi\n\[\]\n$/);
    }),
  );
});

describe('bad input', () => {
  // Properties that are lost when an error is copied.
  const named = (error: unknown): object => ({ name: (error as Error).name, message: (error as Error).message });

  const rejects = (title: string, call: () => Promise<unknown>, expected: RegExp | object): void => {
    const wanted = 'source' in expected ? { text: expect.stringMatching(expected.source) } : expected;
    it(
      `${title} is refused`,
      realTimeRun(async () => {
        const error = await failureOf(call());
        expect({ ...(error as object), text: String(error), ...named(error) }).toMatchObject(wanted);
      }),
    );
  };

  rejects('G-131: a missing program', () => runProcess('no-such-program'), { code: 'ENOENT', path: 'no-such-program' });
  rejects('G-131: a file that cannot be executed', () => runProcess('/etc/passwd'), { code: 'EACCES' });
  rejects('a missing folder', () => runProcess('true', [], { cwd: '/no/such' }), {
    code: 'ENOENT',
    path: '/no/such',
    message: expect.stringContaining('the working directory /no/such'),
  });
  rejects('a file as the folder', () => runProcess('true', [], { cwd: '/etc/passwd' }), { code: 'ENOTDIR' });
  rejects('a missing input file', () => runProcess('cat', [], { stdin: { file: '/no/such' } }), { code: 'ENOENT' });
  rejects(
    'a missing program with merged outputs',
    () => runProcess('nope', [], { captureStdout: true, stderr: 'stdout' }),
    {
      code: 'ENOENT',
    },
  );
  rejects('NUL in an argument', () => runProcess('true', ['a\0b']), { code: 'ERR_INVALID_ARG_VALUE' });
  rejects('an argument that is not a string', () => runProcess('true', [1 as never]), /^TypeError: .*argument 0/);
  rejects('a promise as the arguments', () => runProcess('true', Promise.resolve() as never), /^TypeError: .*array/);
  for (const name of ['stdin', 'stdout', 'stderr']) {
    rejects(`PRC-010: ${name}: 'pipe' outside of the start form`, () => runProcess('cat', [], { [name]: 'pipe' }), {
      name: 'RangeError',
      message: `runProcess(): ${name}: 'pipe' is only possible in the start form: nursery.start((taskStatus) => runProcess(file, args, { ${name}: 'pipe', taskStatus }))`,
    });
  }
  rejects(
    'G-130, PRC-011: capture together with a redirection',
    () => runProcess('true', [], { captureStdout: true, stdout: 'inherit' }),
    /^RangeError: .*stdout cannot be combined with captureStdout/,
  );
  rejects(
    'PRC-011: capture of standard error together with a redirection',
    () => runProcess('true', [], { captureStderr: true, stderr: 'stdout' }),
    /^RangeError: .*captureStderr; use captureStdout/,
  );
  rejects(
    'lines together with a redirection',
    () => runProcess('true', [], { onStdoutLine: () => undefined, stdout: 'ignore' }),
    /^RangeError: .*onStdoutLine/,
  );
  rejects(
    'PRC-016: an encoding',
    () => runProcess('true', [], { encoding: 'utf8' } as never),
    /^TypeError: .*no option 'encoding'; streams of processes carry bytes/,
  );
  rejects(
    'PRC-016: arguments with a shell',
    () => runProcess('true', ['x'], { shell: true }),
    /^TypeError: .*one string/,
  );
  rejects('an unknown stdout', () => runProcess('true', [], { stdout: 'pip' as never }), /^TypeError: .*not "pip"/);
  rejects('a boolean as stdin', () => runProcess('true', [], { stdin: true as never }), /^TypeError: .*not boolean/);
  rejects('a negative descriptor', () => runProcess('true', [], { stdout: -1 }), /^RangeError: .*-1/);
  rejects(
    'a web address as a file',
    () => runProcess('true', [], { cwd: new URL('http://x') }),
    /^TypeError: .*file URL/,
  );
  rejects('a negative grace period', () => runProcess('true', [], { gracePeriod: -1 }), /^RangeError: .*gracePeriod/);
  rejects('a maxLine of 0', () => runProcess('true', [], { maxLine: 0 }), /^RangeError: .*maxLine/);
  rejects('a maxLine that is not an integer', () => runProcess('true', { maxLine: 1.5 }), /^RangeError: .*maxLine/);
  rejects('a map as the arguments', () => runProcess('true', new Map() as never), /^TypeError: .*array/);
  rejects('options given twice', () => runProcess('true', {} as never, {}), /^TypeError: .*array/);
  rejects('a maxOutput of NaN', () => runProcess('true', [], { maxOutput: NaN }), /^RangeError: .*maxOutput/);

  it('is a rejection outside of a run, too', async () => {
    await expect(runProcess('true')).rejects.toThrow(/runProcess\(\) was called outside of a run/);
    await expect(runProcess(undefined as never)).rejects.toThrow(TypeError);
  });

  it(
    'is refused in a cancelled scope, too: nothing is started',
    testRun(async () => {
      const cancelled = await moveOnAfter(1e6, async (scope) => {
        scope.cancel();
        return isCancelled(await failureOf(runProcess('/no/such')));
      });
      expect(cancelled).toBe(true);
    }),
  );
});

it(
  'PRC-025: an error inside the call ends the process, and is thrown in a group',
  realTimeRun(async () => {
    let child: Process | undefined;
    const taskStatus = {
      started: (process: Process): never => {
        child = process;
        throw new TypeError('not started');
      },
    };
    const error = await failureOf(runProcess('sleep', ['1000'], { taskStatus }));
    expect(error).toMatchObject({ errors: [expect.objectContaining({ message: 'not started' })] });
    expect(child?.signal).toBe('SIGTERM');
  }),
);

describe('a call of runProcess that nobody waits for', () => {
  it('D11: is an UnawaitedError of the run, and its process has ended when the run has', async () => {
    const started: Process[] = [];
    const error = await failureOf(
      run(async () => {
        const taskStatus = { started: (process: Process): unknown => started.push(process) };
        runProcess('sleep', ['1000'], { taskStatus }).catch(() => undefined);
      }),
    );
    expect(error).toBeInstanceOf(UnawaitedError);
    expect(started.map(({ signal }) => signal)).toEqual(['SIGTERM']);
  });

  it('D11, G-137: keeps the run waiting until its process has ended, killed after the grace period if need be', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    let child: Process | undefined;
    let isReady = false;
    const error = await failureOf(
      run(async () => {
        runProcess('sh', ['-c', 'trap "" TERM; echo ready; exec sleep 1000'], {
          gracePeriod: 50,
          taskStatus: { started: (it: Process) => (child = it) },
          onStdoutLine: () => (isReady = true),
        }).catch(() => undefined);
        while (!isReady) await sleep(5);
      }),
    );
    expect(error).toBeInstanceOf(UnawaitedError);
    expect(child?.signal).toBe('SIGKILL');
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it(
    'D11: is an error of the nursery whose task has left it behind',
    realTimeRun(async () => {
      const error = await failureOf(
        openNursery((nursery) => {
          nursery.startSoon(() => {
            runProcess('sleep', ['1000']).catch(() => undefined);
          });
        }),
      );
      expect(error).toMatchObject({ errors: [expect.any(UnawaitedError)] });
    }),
  );

  it('D11: is the same when it was still opening files', async () => {
    const error = await failureOf(
      run(async () => {
        runProcess('sleep', ['1000'], { stdout: { file: join(folder, 'out') } }).catch(() => undefined);
      }),
    );
    expect(error).toBeInstanceOf(UnawaitedError);
  });

  it('D11: is the same for runPipeline, also with a single command', async () => {
    for (const commands of [[['sleep', '1000']], [['sleep', '1000'], ['cat']]] as const) {
      const error = await failureOf(
        run(async () => {
          runPipeline(commands).catch(() => undefined);
        }),
      );
      expect(error).toBeInstanceOf(UnawaitedError);
    }
  });
});

it('R-18: many loops that start one process after the other do not block the event loop', async () => {
  const loops = 5;
  let ended = 0;
  let turns = 0;
  await run(() =>
    openNursery(async (nursery) => {
      const count = (): void => {
        turns++;
        if (ended < 200) setImmediate(count);
        else nursery.cancelScope.cancel();
      };
      setImmediate(count);
      for (let i = 0; i < loops; i++) {
        nursery.startSoon(async () => {
          for (;;) {
            await runProcess('true');
            ended++;
          }
        });
      }
    }),
  );
  // In one turn of the event loop, each task sees at most one process end. Inside Node's SIGCHLD handler it would be hundreds.
  expect(turns).toBeGreaterThanOrEqual(200 / loops);
});
