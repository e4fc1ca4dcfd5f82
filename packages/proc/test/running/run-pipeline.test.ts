import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CancelScope, Cancelled, moveOnAfter, openNursery, sleep } from '@tercet/core';
import { CalledProcessError, OutputLimitError, runPipeline } from '@tercet/proc';
import type { Process } from '@tercet/proc';
import { isRunning } from '../programs/process-table.ts';
import { runProgram } from '../programs/program.ts';
import { realTimeRun } from '../real-time-run.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tercet-pipeline-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const pipesOfThisProcess = (inode?: number): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      const stats = statSync(`/proc/self/fd/${fd}`);
      return stats.isFIFO() && (inode === undefined || stats.ino === inode);
    } catch {
      return false;
    }
  }).length;

async function failureOf(body: () => Promise<unknown>): Promise<unknown> {
  try {
    await body();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

describe('runPipeline', () => {
  it(
    'N/A: connects programs, and captures the output of the last one',
    realTimeRun(async () => {
      const results = await runPipeline(
        [
          ['seq', '1000'],
          ['grep', '7'],
          ['wc', '-l'],
        ],
        { captureStdout: true },
      );
      expect(results.map(({ args, exitCode, stdout }) => [args[0], exitCode, stdout === undefined])).toEqual([
        ['seq', 0, true],
        ['grep', 0, true],
        ['wc', 0, false],
      ]);
      expect(results.at(-1)?.stdoutText.trim()).toBe('271');
    }),
  );

  it(
    'N/A: one command alone is like runProcess',
    realTimeRun(async () => {
      const [done] = await runPipeline([['cat']], { stdin: 'text', captureStdout: true });
      expect(done.stdoutText).toBe('text');
    }),
  );

  it(
    'N/A: the first command gets the input, and the last one the stream or the callback for its output',
    realTimeRun(async () => {
      const lines: string[] = [];
      await runPipeline([['tr', 'a-z', 'A-Z'], ['cat']], {
        stdin: 'one\ntwo\n',
        onStdoutLine: (line) => lines.push(line),
      });
      expect(lines).toEqual(['ONE', 'TWO']);
      const file = join(folder, 'output');
      await runPipeline([['printf', 'b\na\n'], ['sort']], { stdout: { file } });
      expect(readFileSync(file, 'utf8')).toBe('a\nb\n');
    }),
  );

  it(
    'N/A: the bytes do not pass through this program: both neighbours, and nobody else, hold a pipe of the system',
    realTimeRun(async () => {
      await openNursery(async (nursery) => {
        const [first, second] = await nursery.start<readonly Process[]>((taskStatus) =>
          runPipeline([['cat'], ['cat']], { stdin: 'pipe', stdout: 'ignore', taskStatus }),
        );
        const [output, input] = [statSync(`/proc/${first!.pid}/fd/1`), statSync(`/proc/${second!.pid}/fd/0`)];
        expect([output.isFIFO(), input.isFIFO(), output.ino === input.ino]).toEqual([true, true, true]);
        expect(pipesOfThisProcess(output.ino)).toBe(0);
        await first!.stdin!.close();
      });
    }),
  );

  it(
    'N/A: a hundred megabytes arrive at any pace of the reader',
    realTimeRun(async () => {
      const results = await runPipeline([['head', '-c', '100000000', '/dev/zero'], ['cat'], ['wc', '-c']], {
        captureStdout: true,
      });
      expect(results.at(-1)?.stdoutText.trim()).toBe('100000000');
    }),
  );

  it(
    'N/A: a command whose reader does not want to read on has not failed: SIGPIPE ends it, silently',
    realTimeRun(async () => {
      const results = await runPipeline([['yes'], ['cat'], ['head', '-n', '1']], {
        captureStdout: true,
        captureStderr: true,
      });
      expect(results.map(({ signal, exitCode, stderrText }) => [signal, exitCode, stderrText])).toEqual([
        ['SIGPIPE', null, ''],
        ['SIGPIPE', null, ''],
        [null, 0, ''],
      ]);
      expect(results.at(-1)?.stdoutText).toBe('y\n');
      // A shell reports it as an exit code.
      await runPipeline(
        [
          ['sh', '-c', 'sh -c "yes"; exit $?'],
          ['head', '-n', '1'],
        ],
        { stdout: 'ignore' },
      );
    }),
  );

  it(
    'N/A: SIGPIPE of the last command is a failure',
    realTimeRun(async () => {
      const error = await failureOf(() => runPipeline([['true'], ['sh', '-c', 'kill -PIPE $$']]));
      expect(error).toMatchObject({ args: ['sh', '-c', 'kill -PIPE $$'], signal: 'SIGPIPE' });
    }),
  );

  it.each([
    ['the first', [['sh', '-c', 'exit 3'], ['cat']], 'sh -c exit 3', 3],
    ['one in the middle', [['true'], ['sh', '-c', 'cat; exit 4'], ['cat']], 'sh -c cat; exit 4', 4],
    [
      'the last',
      [
        ['seq', '3'],
        ['grep', 'x'],
      ],
      'grep x',
      1,
    ],
    [
      'the first of two',
      [
        ['sh', '-c', 'exit 5'],
        ['sh', '-c', 'exit 6'],
      ],
      'sh -c exit 5',
      5,
    ],
    ['the reader, and not the command that got SIGPIPE', [['yes'], ['sh', '-c', 'exit 7']], 'sh -c exit 7', 7],
  ] as const)('N/A: the error is that of %s that has failed', (_, commands, command, exitCode) =>
    realTimeRun(async () => {
      const error = await failureOf(() => runPipeline(commands as never, { stdout: 'ignore' }));
      expect(error).toBeInstanceOf(CalledProcessError);
      expect((error as CalledProcessError).args.join(' ')).toBe(command);
      expect(error).toMatchObject({ exitCode });
      const results = await runPipeline(commands as never, { stdout: 'ignore', check: false });
      expect(results.map(({ exitCode: code }) => code)).toContain(exitCode);
    })(),
  );

  it(
    'N/A: a command that fails does not end the others before they have done their work',
    realTimeRun(async () => {
      const file = join(folder, 'all');
      await failureOf(() =>
        runPipeline([
          ['sh', '-c', 'seq 3; exit 1'],
          ['sh', '-c', 'sleep 0.2; cat > "$0"', file],
        ]),
      );
      expect(readFileSync(file, 'utf8')).toBe('1\n2\n3\n');
    }),
  );

  it(
    'N/A: each command has its standard error captured, or merged into what the next one reads',
    realTimeRun(async () => {
      const command = ['sh', '-c', 'echo error >&2; cat'] as const;
      const results = await runPipeline([command, command], { stdin: '', captureStderr: true, stdout: 'ignore' });
      expect(results.map(({ stderrText }) => stderrText)).toEqual(['error\n', 'error\n']);
      const merged = await runPipeline([command, command], { stdin: 'in', captureStdout: true, stderr: 'stdout' });
      expect(merged.at(-1)?.stdoutText).toBe('error\nerror\nin');
    }),
  );

  it(
    'N/A: the options for processes hold for each',
    realTimeRun(async () => {
      const results = await runPipeline(
        [
          ['sh', '-c', 'pwd; echo $NAME'],
          ['sh', '-c', 'cat; pwd; echo $NAME'],
        ],
        { cwd: folder, env: { PATH: process.env['PATH'], NAME: 'value' }, captureStdout: true },
      );
      expect(results.at(-1)?.stdoutText).toBe(`${folder}\nvalue\n${folder}\nvalue\n`);
      const shell = await runPipeline([['seq 5 | tail -n 2'], ['cat; echo end']], { shell: true, captureStdout: true });
      expect(shell.at(-1)?.stdoutText).toBe('4\n5\nend\n');
    }),
  );

  it(
    'N/A: is cancelled as one, and leaves no process and no descriptor behind',
    realTimeRun(async () => {
      const before = pipesOfThisProcess();
      let processes: readonly Process[] = [];
      const result = await moveOnAfter(1_000, () =>
        openNursery(async (nursery) => {
          processes = await nursery.start<readonly Process[]>((taskStatus) =>
            runPipeline([['yes'], ['cat'], ['sh', '-c', 'cat > /dev/null; sleep 60']], { taskStatus, killTree: true }),
          );
          expect(pipesOfThisProcess()).toBe(before);
          await sleep(1e6);
        }),
      );
      expect(result).toBeUndefined();
      expect(processes.map(({ pid }) => isRunning(pid))).toEqual([false, false, false]);
      expect(pipesOfThisProcess()).toBe(before);
    }),
  );

  it(
    'N/A: throws Cancelled and not a group, and starts nothing in a cancelled scope',
    realTimeRun(async () => {
      const file = join(folder, 'must-not-be');
      await new CancelScope().run(async (scope) => {
        scope.cancel();
        expect(await failureOf(() => runPipeline([['touch', file], ['cat']]))).toBeInstanceOf(Cancelled);
      });
      expect(existsSync(file)).toBe(false);
      await new CancelScope().run(async (scope) => {
        await openNursery(async (nursery) => {
          nursery.startSoon(async () => {
            expect(
              await failureOf(() =>
                runPipeline([
                  ['sleep', '60'],
                  ['sleep', '60'],
                ]),
              ),
            ).toBeInstanceOf(Cancelled);
          });
          await sleep(200);
          scope.cancel();
        });
      });
    }),
  );

  it(
    'N/A: the start form gives the processes, whose ends are streams',
    realTimeRun(async () => {
      let text = '';
      await openNursery(async (nursery) => {
        const [first, last] = await nursery.start<readonly Process[]>((taskStatus) =>
          runPipeline([['tr', 'a-z', 'A-Z'], ['rev']], { stdin: 'pipe', stdout: 'pipe', taskStatus }),
        );
        await first!.stdin!.sendAll('abc');
        await first!.stdin!.close();
        for await (const chunk of last!.stdout!) text += Buffer.from(chunk).toString();
      });
      expect(text.trim()).toBe('CBA');
    }),
  );

  it(
    'N/A: a command that cannot be started ends the others, and its error comes out as it is',
    realTimeRun(async () => {
      const before = pipesOfThisProcess();
      const error = await failureOf(() => runPipeline([['yes'], ['no-such-program'], ['cat']]));
      expect(error).toMatchObject({ code: 'ENOENT', path: 'no-such-program' });
      expect(pipesOfThisProcess()).toBe(before);
    }),
  );

  it(
    'N/A: too much output of one command ends all',
    realTimeRun(async () => {
      const error = await failureOf(() => runPipeline([['yes'], ['cat']], { captureStdout: true, maxOutput: 1000 }));
      expect(error).toBeInstanceOf(OutputLimitError);
    }),
  );

  it(
    'N/A: wrong arguments are refused before anything is started',
    realTimeRun(async () => {
      const file = join(folder, 'must-not-be-either');
      const touch = ['touch', file] as const;
      for (const [commands, options, type] of [
        [[], {}, RangeError],
        ['seq 9', {}, TypeError],
        [[touch, 'cat'], {}, TypeError],
        [[touch, [7]], {}, TypeError],
        [[touch, ['cat', 7]], {}, TypeError],
        [[touch, ['cat']], { stdin: 'pipe' }, RangeError],
        [[touch, ['cat']], { timeout: 7 }, TypeError],
        [[touch, ['cat']], { captureStdout: true, stdout: 'ignore' }, RangeError],
        [[touch, ['cat', 'x']], { shell: true }, TypeError],
      ] as const) {
        expect(await failureOf(() => runPipeline(commands as never, options as never))).toBeInstanceOf(type);
      }
      expect(existsSync(file)).toBe(false);
    }),
  );
});

describe('runPipeline without mkfifo', () => {
  it('N/A: passes the bytes on itself, ends commands whose reader has ended, and reports other failures', async () => {
    const bin = join(folder, 'bin');
    rmSync(bin, { recursive: true, force: true });
    const { code, stdout, stderr } = await runProgram(
      `
      import { mkdirSync, symlinkSync } from 'node:fs';
      import { run } from '@tercet/core';
      import { runPipeline } from '@tercet/proc';
      const bin = ${JSON.stringify(bin)};
      mkdirSync(bin);
      for (const name of ['seq', 'grep', 'wc', 'yes', 'head', 'sh', 'cat']) symlinkSync('/usr/bin/' + name, bin + '/' + name);
      process.env.PATH = bin;
      await run(async () => {
        const counted = await runPipeline([['seq', '100000'], ['grep', '7'], ['wc', '-l']], { captureStdout: true });
        console.log(counted.at(-1).stdoutText.trim());
        const yes = await runPipeline([['yes'], ['cat'], ['head', '-n', '1']], { captureStdout: true, stderr: 'ignore' });
        console.log(yes.at(-1).stdoutText.trim());
        await runPipeline([['seq', '3'], ['sh', '-c', 'cat; exit 3'], ['cat']], { stdout: 'ignore' })
          .catch((error) => console.log(error.message));
        await runPipeline([['yes'], ['nowhere']], { stderr: 'ignore' }).catch((error) => console.log(error.code));
      });
      `,
    );
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "40951\ny\nsh -c 'cat; exit 3' failed with exit code 3\nENOENT\n",
      stderr: '',
    });
  });
});
