import { describe, expect, it } from '@jest/globals';
import { isRunning } from '../programs/process-table.ts';
import { runProgram, startProgram } from '../programs/program.ts';

const SHOUT = `await runProcess('sh', ['-c', 'echo out; echo err >&2'], { captureStdout: 'tee', captureStderr: 'tee' })`;

const imports = `
  import { openNursery, run, sleepForever } from '@tercet/core';
  import { main, openStdout, runProcess } from '@tercet/proc';
`;

describe("'tee'", () => {
  it('forwards the output of a process, and captures it too', async () => {
    const ended = await runProgram(`${imports}
      await main(async () => {
        const { stdoutText, stderrText } = ${SHOUT};
        console.log(JSON.stringify([stdoutText, stderrText]));
      });
    `);
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'out\n["out\\n","err\\n"]\n', stderr: 'err\n' });
  });

  it('I-2: an output without a reader is an error of the call, and everything is cleaned up', async () => {
    const program = startProgram(`${imports}
      await main(() => openNursery(async (nursery) => {
        const other = await nursery.start((taskStatus) => runProcess('sleep', ['1000'], { taskStatus }));
        console.error('pid', other.pid, '!');
        try { await runProcess('yes', [], { captureStdout: 'tee' }); }
        catch (error) { console.error(error.name, error.message); throw error; }
        finally { console.error('cleanup'); }
      }));`);
    program.child.stdout.destroy();
    const { code, signal, stderr } = await program.ended;
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toMatch(/\nBrokenResourceError runProcess\(\): this program's stdout is broken: .*EPIPE\ncleanup\n/);
    expect(isRunning(Number(/pid (\d+)/.exec(stderr)?.[1]))).toBe(false);
  });

  it('I-2: the same outside of main', async () => {
    const program = startProgram(`${imports}
      const error = await run(() => runProcess('seq', ['1000000'], { captureStdout: 'tee' })).catch((reason) => reason);
      console.error(error.name);`);
    program.child.stdout.destroy();
    expect(await program.ended).toMatchObject({ code: 0, stderr: 'BrokenResourceError\n' });
  });

  it('I-3: ends when the reader goes away while output is waiting', async () => {
    const program = startProgram(`${imports}
      await run(async () => {
        await openStdout().sendAll('begin\\n');
        const error = await runProcess('sh', ['-c', 'head -c 3000000 /dev/zero; sleep 1000'], {
          captureStdout: 'tee',
        }).catch((reason) => reason);
        console.error(error.name);
      });`);
    program.child.stdout.once('data', () => {
      program.child.stdout.pause();
      setImmediate(() => program.child.stdout.destroy());
    });
    expect(await program.ended).toMatchObject({ code: 0, stderr: 'BrokenResourceError\n' });
  });

  it('returns when everything is forwarded, no faster than it is read', async () => {
    const program = startProgram(`${imports}
      await run(async () => {
        const { stdout } = await runProcess('head', ['-c', '3000000', '/dev/zero'], { captureStdout: 'tee' });
        console.error('returned', stdout.length, process.stdout.writableLength);
      });`);
    program.child.stdout.pause();
    // While its output is not read, it does not return: there is time for a second process to start and end.
    await runProgram(`console.log('another')`);
    program.child.stdout.resume();
    const { stdout, stderr } = await program.ended;
    expect(stdout).toHaveLength(3_000_000);
    expect(stderr).toBe('returned 3000000 0\n');
  });

  it('I-4: leaves no listener on the outputs, and no warning, when many are used at once', async () => {
    const { stdout, stderr } = await runProgram(`${imports}
      const count = () => JSON.stringify(process.stdout.eventNames().map((event) => [event, process.stdout.listenerCount(event)]));
      const before = count();
      await run(() => openNursery((nursery) => {
        for (let i = 0; i < 15; i++) {
          nursery.startSoon(() => runProcess('head', ['-c', '200000', '/dev/zero'], { captureStdout: 'tee' }));
        }
      }));
      console.error(count() === before);`);
    expect(stdout).toHaveLength(3_000_000);
    expect(stderr).toBe('true\n');
  });
});
