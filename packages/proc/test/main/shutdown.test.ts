import { describe, expect, it } from '@jest/globals';
import { main } from '@tercet/proc';
import { isRunning } from '../programs/process-table.ts';
import { runProgram, startProgram } from '../programs/program.ts';

const imports = `
  import { isShuttingDown, openNursery, shielded, sleep, sleepForever, untilShutdown } from '@tercet/core';
  import { main, runProcess } from '@tercet/proc';
`;

/** A program that starts a piece of work of 100 ms each millisecond, and counts them. It prints `ready` when it is busy. */
const busyServer = `${imports}
  let [begun, ended, cancelled] = [0, 0, 0];
  const work = async () => {
    begun++;
    try { await sleep(duration); ended++; } catch (error) { cancelled++; console.log(error.source, error.reason); throw error; }
  };
  const serve = () => openNursery(async (nursery) => {
    await untilShutdown(async () => {
      for (;;) { nursery.startSoon(work); await sleep(1); if (begun === 50) console.log('ready'); }
    });
    console.log('accepts no more');
  });
`;

describe('main with a grace', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'SD-8: the first %s takes no new work, lets running work end, and the body decides the exit code',
    async (signal) => {
      const program = startProgram(`${busyServer}
        const duration = 300;
        await main(async () => { await serve(); console.log(begun === ended, cancelled); return 3; }, { grace: { minutes: 0, seconds: 60 } });`);
      await program.says('ready');
      program.child.kill(signal);
      expect(await program.ended).toEqual({
        code: 3,
        signal: null,
        stdout: 'ready\naccepts no more\ntrue 0\n',
        stderr: '',
      });
    },
  );

  it('SD-8: work that is late is cancelled when the grace is over, with source shutdown, and the exit code is that of the signal', async () => {
    const program = startProgram(`${busyServer}
      const duration = 1e6;
      await main(serve, { grace: 50 });`);
    await program.says('ready');
    program.child.kill('SIGTERM');
    const { code, signal, stdout, stderr } = await program.ended;
    const lines = stdout.trimEnd().split('\n');
    expect({ code, signal, stderr, begin: lines.slice(0, 2) }).toEqual({
      code: 143,
      signal: null,
      stderr: '',
      begin: ['ready', 'accepts no more'],
    });
    expect(new Set(lines.slice(2))).toEqual(new Set(['shutdown SIGTERM']));
    expect(lines.length).toBeGreaterThanOrEqual(2 + 50);
  });

  it('SD-8: without a grace the first signal cancels the body, and a shutdown has been called as well', async () => {
    const ended = await runProgram(`${imports}
      await main(async () => {
        setImmediate(() => process.emit('SIGTERM', 'SIGTERM'));
        try { await sleepForever(); } finally { console.log(isShuttingDown()); }
      });`);
    expect(ended).toEqual({ code: 143, signal: null, stdout: 'true\n', stderr: '' });
  });

  it('SD-8: a second SIGTERM within 5 ms is the same signal', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        process.prependListener('SIGTERM', () => console.log('signal'));
        await untilShutdown(async () => { console.log('ready'); await sleepForever(); });
        await sleep(300);
        return 4;
      }, { grace: Infinity });`);
    await program.says('ready');
    program.child.kill('SIGTERM');
    await program.says('signal');
    program.child.kill('SIGTERM');
    const { code, signal, stdout } = await program.ended;
    expect({ code, signal }).toEqual({ code: 4, signal: null });
    expect(stdout).toBe('ready\nsignal\nsignal\n');
  });

  it.each([
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
  ] as const)('SD-8: after %s, a %s within the same moment does not cancel either', async (first, second) => {
    const ended = await runProgram(`${imports}
      await main(async () => {
        setImmediate(() => { for (const signal of ['${first}', '${second}', '${first}']) process.emit(signal, signal); });
        await untilShutdown(sleepForever);
        await sleep(20);
        return 4;
      }, { grace: 60_000 });`);
    expect(ended).toMatchObject({ code: 4, signal: null });
  });

  it('SD-8: SIGINT one second after SIGTERM cancels the body, which cleans up, and the exit code is 130', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        await untilShutdown(async () => { console.log('ready'); await sleepForever(); });
        try { await sleep(1000); console.log('a second later'); await sleepForever(); }
        catch (error) { console.log(error.source, error.reason); throw error; }
        finally { await shielded(() => sleep(20)); console.log('cleaned up'); }
      }, { grace: Infinity });`);
    await program.says('ready');
    program.child.kill('SIGTERM');
    await program.says('a second later');
    program.child.kill('SIGINT');
    expect(await program.ended).toEqual({
      code: 130,
      signal: null,
      stdout: 'ready\na second later\ninterrupt SIGINT\ncleaned up\n',
      stderr: '',
    });
  });

  it('SD-8: a third signal ends the process and its children at once', async () => {
    const program = startProgram(`${imports}
      await main(() => openNursery(async (nursery) => {
        const child = await nursery.start((taskStatus) =>
          runProcess('sh', ['-c', 'trap "" TERM; echo child; exec sleep 1000'], { gracePeriod: 1e6, taskStatus }));
        console.log('pid', child.pid, '!');
        await untilShutdown(sleepForever);
        await shielded(() => sleep(600));
        console.log('shut down');
        try { await sleepForever(); } finally { await shielded(() => sleep(600)); console.log('cancelled'); }
      }), { grace: Infinity });`);
    await Promise.all([program.says('!'), program.says('child')]);
    program.child.kill('SIGTERM');
    await program.says('shut down');
    program.child.kill('SIGTERM');
    await program.says('cancelled');
    program.child.kill('SIGTERM');
    const { signal, stdout } = await program.ended;
    expect(signal).toBe('SIGTERM');
    expect(isRunning(Number(/pid (\d+)/.exec(stdout)?.[1]))).toBe(false);
  });

  it('SD-8: when the grace is over the body is cancelled, so the next signal ends the process', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        await untilShutdown(async () => { console.log('ready'); await sleepForever(); });
        try { await sleepForever(); } finally { await shielded(() => sleep(600)); console.log('late'); await shielded(sleepForever); }
      }, { grace: 1 });`);
    await program.says('ready');
    program.child.kill('SIGTERM');
    await program.says('late');
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  it('SD-8: a signal before the body has begun is not lost', async () => {
    const ended = await runProgram(`${imports}
      const program = main(async () => { await untilShutdown(sleepForever); return isShuttingDown() ? 5 : 6; }, { grace: 60_000 });
      process.emit('SIGTERM', 'SIGTERM');
      await program;`);
    expect(ended).toMatchObject({ code: 5, stderr: '' });
  });

  it('SD-8: a program that was shut down ends with the code of its body even if other handles are open', async () => {
    const ended = await runProgram(`${imports}
      setInterval(() => undefined, 1000);
      await main(async () => {
        setImmediate(() => process.emit('SIGTERM', 'SIGTERM'));
        await untilShutdown(sleepForever);
      }, { grace: 60_000 });`);
    expect(ended).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  it('SD-8: an error during the grace is printed, and the exit code is 1', async () => {
    const { code, stderr } = await runProgram(`${imports}
      await main(async () => {
        setImmediate(() => process.emit('SIGTERM', 'SIGTERM'));
        await untilShutdown(sleepForever);
        throw new TypeError('no way');
      }, { grace: 60_000 });`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^TypeError: no way\n/);
  });

  it('SD-8: refuses a grace that is not a duration, before the body is called', async () => {
    const body = (): never => {
      throw new Error('called');
    };
    await expect(main(body, { grace: -1 })).rejects.toThrow(RangeError);
    await expect(main(body, { grace: 'soon' as never })).rejects.toThrow(
      /^main\(\): grace: a duration is a number of milliseconds/,
    );
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });
});
