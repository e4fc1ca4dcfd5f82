import { describe, expect, it } from '@jest/globals';
import { run } from '@tercet/core';
import { main } from '@tercet/proc';
import { isRunning } from '../programs/process-table.ts';
import { runProgram, startProgram } from '../programs/program.ts';

const imports = `
  import { CancelScope, openNursery, shielded, sleep, sleepForever } from '@tercet/core';
  import { main, openStdin, runProcess } from '@tercet/proc';
`;

describe('main', () => {
  it('runs the body with the arguments of the program', async () => {
    const ended = await runProgram(`${imports} await main((argv) => console.log(argv.join('+')));`, {
      args: ['a', 'b'],
    });
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'a+b\n', stderr: '' });
  });

  it('uses a number that the body returns as the exit code', async () => {
    expect(await runProgram(`${imports} await main(async () => 7);`)).toMatchObject({ code: 7 });
  });

  it('ends with 1 when the number is not an exit code', async () => {
    const { code, stderr } = await runProgram(`${imports} await main(async () => 256);`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('the body returned 256') });
  });

  it('prints an error with its stack and causes, and ends with 1', async () => {
    const { code, stderr } = await runProgram(
      `${imports} await main(async function load() { throw new TypeError('bad', { cause: new Error('worse') }); });`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^TypeError: bad\n    at load \(.*\n/);
    expect(stderr).toMatch(/\n {2}caused by Error: worse\n/);
    expect(stderr).not.toContain('node:internal');
  });

  it('prints every member of a group below it', async () => {
    const { code, stderr } = await runProgram(`${imports}
      await main(() => openNursery(async (nursery) => {
        nursery.startSoon(() => { throw new RangeError('one'); });
        nursery.startSoon(() => { throw new TypeError('two'); });
      }));`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ExceptionGroup: .*\n├─ RangeError: one\n│ {6}at .*\n(│.*\n)*└─ TypeError: two\n/);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('KI-002: %s cancels the body, which cleans up, and ends with %d', async (signal, code) => {
    const program = startProgram(`${imports}
      await main(async () => {
        try { console.log('ready'); await sleepForever(); }
        catch (error) { console.log(error.source, error.reason); throw error; }
        finally { await shielded(() => sleep(20)); console.log('cleaned up'); }
      });`);
    await program.says('ready');
    program.child.kill(signal);
    expect(await program.ended).toEqual({
      code,
      signal: null,
      stdout: `ready\ninterrupt ${signal}\ncleaned up\n`,
      stderr: '',
    });
  });

  it('KI-003: a signal before the body has begun is not lost', async () => {
    const { code, stdout } = await runProgram(`${imports}
      const program = main(async () => { await sleepForever(); });
      process.emit('SIGINT', 'SIGINT');
      await program;`);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  });

  it('KI-003: a signal that comes too late to cancel anything still decides the exit code', async () => {
    const program = startProgram(`${imports}
      await main(() => {
        process.kill(process.pid, 'SIGINT');
        return shielded(() => sleep(500));
      });`);
    expect(await program.ended).toMatchObject({ code: 130, stderr: '' });
  });

  it('a second signal ends the program and its children at once', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        await openNursery(async (nursery) => {
          const child = await nursery.start((taskStatus) =>
            runProcess('sh', ['-c', 'trap "" TERM; echo child; exec sleep 1000'], { gracePeriod: 1e6, taskStatus }));
          console.log('pid', child.pid, '!');
          nursery.startSoon(async () => {
            try { await sleepForever(); } finally { await shielded(() => sleep(600)); console.log('later'); }
          });
        });
      });`);
    await Promise.all([program.says('!'), program.says('child')]);
    program.child.kill('SIGTERM');
    await program.says('later');
    program.child.kill('SIGTERM');
    const { signal, stdout } = await program.ended;
    expect(signal).toBe('SIGTERM');
    const pid = Number(/pid (\d+)/.exec(stdout)?.[1]);
    expect(isRunning(pid)).toBe(false);
  });

  it.each([
    ['the same', 'SIGINT', 'SIGINT', 130],
    ['another', 'SIGINT', 'SIGTERM', 130],
    ['another', 'SIGHUP', 'SIGTERM', 129],
  ] as const)('N-4: %s signal that follows at once is the same one: %s, %s', async (_what, first, second, code) => {
    const ended = await runProgram(`${imports}
      await main(async () => {
        setImmediate(() => { for (const signal of ['${first}', '${second}', '${second}']) process.emit(signal, signal); });
        try { await sleepForever(); } finally { await shielded(() => sleep(20)); console.log('cleaned up'); }
      });`);
    expect(ended).toEqual({ code, signal: null, stdout: 'cleaned up\n', stderr: '' });
  });

  it('I-14: no process is left behind when the terminal is closed: SIGHUP cancels the body, and the exit code is 129', async () => {
    const program = startProgram(`${imports}
      await main(() => openNursery(async (nursery) => {
        const child = await nursery.start((taskStatus) => runProcess('sleep', ['1000'], { killTree: true, taskStatus }));
        console.log('pid', child.pid, '!');
      }));`);
    await program.says('!');
    program.child.kill('SIGHUP');
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 129, stderr: '' });
    expect(isRunning(Number(/pid (\d+)/.exec(stdout)?.[1]))).toBe(false);
  });

  it.each([
    ['is kept when the body returns nothing', `process.exitCode = 3;`, 3],
    ['gives way to a number that the body returns', `process.exitCode = 3; return 4;`, 4],
    ['gives way to 0 as well', `process.exitCode = 3; return 0;`, 0],
    ['is kept when the body fails', `process.exitCode = 3; throw new Error('end');`, 3],
    ['of 0 is not, when the body fails', `process.exitCode = 0; throw new Error('end');`, 1],
    [
      'is replaced when a signal ends the body',
      `process.exitCode = 3; process.emit('SIGINT', 'SIGINT'); await sleep(1e6);`,
      130,
    ],
  ])('an exit code that was set %s', async (_what, body, code) => {
    expect(await runProgram(`${imports} await main(async () => { ${body} });`)).toMatchObject({ code });
  });

  it('SIGQUIT prints what every task is doing, and the program goes on', async () => {
    const program = startProgram(`${imports}
      await main(async function serve() { console.log('ready'); await sleep(1e6); });`);
    await program.says('ready');
    program.child.kill('SIGQUIT');
    await program.says('task serve');
    program.child.kill('SIGINT');
    const { code, stderr } = await program.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/^task root.*\n(.*\n)*.*task serve#\d+\n.*waiting for sleep/);
  });

  it('has written everything when it ends, even to a pipe', async () => {
    const { stdout } = await runProgram(`${imports}
      await main(() => { process.stdout.write('x'.repeat(5_000_000)); throw new Error('end'); });`);
    expect(stdout).toHaveLength(5_000_000);
  });

  it('ends after an error even if other handles are open', async () => {
    const { code } = await runProgram(`${imports}
      setInterval(() => undefined, 1000);
      await main(() => { throw new Error('end'); });`);
    expect(code).toBe(1);
  });

  describe('the outputs of the program', () => {
    it('I-2: a standard output without a reader does not end the program', async () => {
      const program = startProgram(`${imports}
        await main(async () => {
          console.error('ready');
          await openStdin().receiveSome();
          process.stdout.write('to nobody');
          await sleep(20);
          console.error('goes on');
          return 5;
        });`);
      await program.says('ready');
      program.child.stdout.destroy();
      program.child.stdin.end('go');
      expect(await program.ended).toEqual({ code: 5, signal: null, stdout: '', stderr: 'ready\ngoes on\n' });
    });

    it('I-2: a failure that cannot be written still decides the exit code', async () => {
      const program = startProgram(`${imports}
        await main(async () => {
          process.exitCode = 7;
          console.log('ready');
          await openStdin().receiveSome();
          throw new Error('to nobody');
        });`);
      await program.says('ready');
      program.child.stderr.destroy();
      program.child.stdin.end('go');
      expect(await program.ended).toMatchObject({ code: 7, signal: null });
    });

    it('I-4: have no listeners left when it has ended', async () => {
      const { stdout } = await runProgram(`${imports}
        const count = () => ['stdout', 'stderr'].map((name) => process[name].eventNames()
          .map((event) => [event, process[name].listenerCount(event)]));
        const before = JSON.stringify(count());
        await main(() => undefined);
        setImmediate(() => console.log(JSON.stringify(count()) === before));`);
      expect(stdout).toBe('true\n');
    });
  });

  it('prints what each task waits for when nothing can ever happen again', async () => {
    const { code, stderr } = await runProgram(`${imports}
      import { suspend } from '@tercet/core/lowlevel';
      await main(() => suspend('godot', () => () => 'succeeded'));`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DeadlockError: [^]*waiting for godot/);
  });

  it('refuses a promise, and a call inside a run', async () => {
    await expect(main(Promise.resolve() as never)).rejects.toThrow(/takes a function, not object/);
    await expect(run(() => main(() => undefined))).rejects.toThrow(/inside a run/);
  });
});
