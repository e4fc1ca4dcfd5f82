import { describe, expect, it } from '@jest/globals';
import { run } from '@tercet/core';
import { main } from '@tercet/proc';
import { isRunning } from '../programs/process-table.ts';
import { runProgram, startProgram } from '../programs/program.ts';

const imports = `
  import { CancelScope, openNursery, shielded, sleep, sleepForever } from '@tercet/core';
  import { main, runProcess } from '@tercet/proc';
`;

describe('main', () => {
  it('runs the body with the arguments of the program', async () => {
    const ended = await runProgram(`${imports} await main((argv) => console.log(argv.join('+')));`, {
      args: ['a', 'b'],
    });
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'a+b\n', stderr: '' });
  });

  it('takes a number that the body returns as the exit code', async () => {
    expect(await runProgram(`${imports} await main(async () => 7);`)).toMatchObject({ code: 7 });
  });

  it('ends with 1 when the number is no exit code', async () => {
    const { code, stderr } = await runProgram(`${imports} await main(async () => 256);`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('not 256') });
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

  it('KI-003: a signal that comes too late to end anything still decides the exit code', async () => {
    const program = startProgram(`${imports}
      await main(() => {
        process.kill(process.pid, 'SIGINT');
        return shielded(() => sleep(20));
      });`);
    expect(await program.ended).toMatchObject({ code: 130, stderr: '' });
  });

  it('a second signal ends the program at once, and no child stays behind', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        await openNursery(async (nursery) => {
          const child = await nursery.start((taskStatus) =>
            runProcess('sh', ['-c', 'trap "" TERM; echo child; exec sleep 1000'], { taskStatus }));
          console.log('pid', child.pid, '!');
        });
      });`);
    await Promise.all([program.says('!'), program.says('child')]);
    program.child.kill('SIGTERM');
    // Real time: a real process has to be given time.
    await new Promise((resolve) => setTimeout(resolve, 50));
    program.child.kill('SIGTERM');
    const { signal, stdout } = await program.ended;
    expect(signal).toBe('SIGTERM');
    const pid = Number(/pid (\d+)/.exec(stdout)?.[1]);
    expect(isRunning(pid)).toBe(false);
  });

  it('lets the body end by itself with a soft shutdown, and its value decides the exit code', async () => {
    const program = startProgram(`${imports}
      import { Event } from '@tercet/sync';
      const stop = new Event();
      await main(async () => { console.log('ready'); await stop.wait(); console.log('stopped'); return 3; }, {
        shutdown: async (signal) => { console.log(signal); await sleep(10); stop.set(); },
      });`);
    await program.says('ready');
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 3, signal: null, stdout: 'ready\nSIGTERM\nstopped\n', stderr: '' });
  });

  it('cancels the body at the second signal when the first one has begun a soft shutdown', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        try { console.log('ready'); await sleepForever(); } finally { console.log('cleaned up'); }
      }, { shutdown: () => console.log('soft') });`);
    await program.says('ready');
    program.child.kill('SIGTERM');
    await program.says('soft');
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 130, stdout: 'ready\nsoft\ncleaned up\n' });
  });

  it('cancels the body and prints the error when a soft shutdown fails', async () => {
    const program = startProgram(`${imports}
      await main(async () => { console.log('ready'); await sleepForever(); }, {
        shutdown: () => { throw new TypeError('no way'); },
      });`);
    await program.says('ready');
    program.child.kill('SIGTERM');
    const { code, stderr } = await program.ended;
    expect(code).toBe(143);
    expect(stderr).toMatch(/^TypeError: no way\n/);
  });

  it('SIGQUIT prints what every task is doing, and ends nothing', async () => {
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

  it('has written everything by the time it ends, also to a pipe', async () => {
    const { stdout } = await runProgram(`${imports}
      await main(() => { process.stdout.write('x'.repeat(5_000_000)); throw new Error('end'); });`);
    expect(stdout).toHaveLength(5_000_000);
  });

  it('ends after an error although something else holds the process', async () => {
    const { code } = await runProgram(`${imports}
      setInterval(() => undefined, 1000);
      await main(() => { throw new Error('end'); });`);
    expect(code).toBe(1);
  });

  it('tells what waits for what when nothing can ever happen again', async () => {
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
