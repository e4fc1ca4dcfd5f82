import { describe, expect, it, jest } from '@jest/globals';
import { CancelScope, ExceptionGroup, moveOnAfter, openNursery, sleep, sleepForever } from '@tercet/core';
import { runProcess } from '@tercet/proc';
import type { Process, RunProcessOptions } from '@tercet/proc';
import { isRunning } from '../programs/process-table.ts';
import { realTimeRun } from '../real-time-run.ts';

const STUBBORN = 'trap "" TERM; echo ready; exec sleep 1000';

/** Runs `sh -c script`, and cancels the call when the process has written `ready`. */
async function cancelWhenReady(script: string, options: RunProcessOptions = {}): Promise<Process> {
  let process: Process | undefined;
  const scope = new CancelScope();
  await scope.run(() =>
    runProcess('sh', ['-c', script], {
      ...options,
      taskStatus: { started: (it) => (process = it) },
      onStdoutLine: (line) => {
        if (line === 'ready') scope.cancel();
      },
    }),
  );
  expect(scope.cancelledCaught).toBe(true);
  return process!;
}

function silenceWarnings(): jest.SpiedFunction<typeof process.emitWarning> {
  return jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
}

describe('a process whose call is cancelled', () => {
  it(
    'G-136: has ended when the call returns',
    realTimeRun(async () => {
      const process = await cancelWhenReady('echo ready; exec sleep 1000');
      expect(process).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
      expect(isRunning(process.pid)).toBe(false);
    }),
  );

  it(
    'G-136: lets the Cancelled out without a group, even with tasks for its input and its lines',
    realTimeRun(async () => {
      let error: unknown;
      await moveOnAfter(50, async () => {
        async function* words(): AsyncGenerator<string> {
          for (;;) {
            yield 'word\n';
            await sleep(5);
          }
        }
        try {
          await runProcess('cat', [], { stdin: words(), onStdoutLine: () => sleep(1) });
        } catch (reason) {
          error = reason;
          throw reason;
        }
      });
      expect(error).toMatchObject({ name: 'Cancelled', source: 'deadline' });
    }),
  );

  it(
    'G-136: gets the time it needs to clean up',
    realTimeRun(async () => {
      const script = 'trap "sleep 0.1; exit 7" TERM; echo ready; while :; do sleep 0.01; done';
      expect(await cancelWhenReady(script)).toMatchObject({ exitCode: 7, signal: null });
    }),
  );

  it(
    'G-137: is killed after the grace period when it ignores SIGTERM, with a warning',
    realTimeRun(async () => {
      const warn = silenceWarnings();
      expect(await cancelWhenReady(STUBBORN, { gracePeriod: 100 })).toMatchObject({ signal: 'SIGKILL' });
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/^sh -c .* ignored SIGTERM for 0.1 seconds; killing it now$/), 'TercetProcessWarning'],
      ]);
    }),
  );

  it(
    'G-136: is ended by deliverCancel, which is then cancelled',
    realTimeRun(async () => {
      let afterwards: unknown;
      const deliverCancel = async (process: Process): Promise<void> => {
        await sleep(10);
        process.sendSignal('SIGUSR1');
        try {
          await sleepForever();
        } catch (error) {
          afterwards = error;
          throw error;
        }
      };
      expect(await cancelWhenReady('echo ready; exec sleep 1000', { deliverCancel })).toMatchObject({
        signal: 'SIGUSR1',
      });
      expect(afterwards).toMatchObject({ reason: 'the process has ended' });
    }),
  );

  it(
    'G-138, PRC-020: an error of deliverCancel is in the group of the call, within the group of the nursery',
    realTimeRun(async () => {
      const deliverCancel = (process: Process): never => {
        process.kill();
        throw new RangeError('not like this');
      };
      const failing = openNursery(async (nursery) => {
        await nursery.start<Process>((taskStatus) => runProcess('sleep', ['1000'], { deliverCancel, taskStatus }));
        nursery.cancelScope.cancel();
      });
      const error = await failing.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ExceptionGroup);
      const [inner] = (error as ExceptionGroup).errors as [ExceptionGroup];
      expect(inner).toBeInstanceOf(ExceptionGroup);
      expect(inner.errors).toEqual([expect.objectContaining({ message: 'not like this' })]);
    }),
  );

  it(
    'PRC-021: a signal that cannot be sent causes a warning',
    realTimeRun(async () => {
      const warn = silenceWarnings();
      let stubborn: Process | undefined;
      await openNursery(async (nursery) => {
        const process = await nursery.start<Process>((taskStatus) =>
          runProcess('sleep', ['1000'], { gracePeriod: 20, taskStatus }),
        );
        stubborn = process;
        jest.spyOn(process, 'terminate').mockImplementation(() => {
          throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
        });
        nursery.cancelScope.cancel();
      });
      expect(stubborn?.signal).toBe('SIGKILL');
      expect(warn.mock.calls[0]).toEqual([
        expect.stringMatching(/^could not terminate sleep 1000 \(pid \d+\): Error: kill EPERM$/),
        'TercetProcessWarning',
      ]);
    }),
  );

  it(
    'G-140: gets the signal alone, and processes it has started go on',
    realTimeRun(async () => {
      const child = await cancelWhenReady('sleep 30 >/dev/null 2>&1 & echo $! >&2; echo ready; wait', {
        onStderrLine: (line) => (grandchild = Number(line)),
      });
      expect(child.signal).toBe('SIGTERM');
      expect(isRunning(grandchild)).toBe(true);
      process.kill(grandchild);
    }),
  );

  let grandchild = 0;
});

describe('killTree', () => {
  let grandchild = 0;
  const onStderrLine = (line: string): unknown => (grandchild = Number(line));

  it(
    'ends all that the process has started when the call is cancelled',
    realTimeRun(async () => {
      const script = 'sh -c "sleep 1000 & wait" & echo $! >&2; echo ready; wait';
      const process = await cancelWhenReady(script, { killTree: true, onStderrLine });
      expect(process.signal).toBe('SIGTERM');
      expect(isRunning(grandchild)).toBe(false);
    }),
  );

  it(
    'ends processes left behind by a process that exits',
    realTimeRun(async () => {
      const script = 'sleep 1000 & echo $! >&2; echo done';
      const { stdoutText } = await runProcess('sh', ['-c', script], {
        killTree: true,
        onStderrLine,
        captureStdout: true,
      });
      expect(stdoutText).toBe('done\n');
      expect(isRunning(grandchild)).toBe(false);
    }),
  );

  it(
    'kills processes that ignore SIGTERM',
    realTimeRun(async () => {
      const warn = silenceWarnings();
      const script = `sh -c '${STUBBORN}' & echo $! >&2; sleep 0.1`;
      await runProcess('sh', ['-c', script], { killTree: true, gracePeriod: 50, onStderrLine, captureStdout: true });
      expect(isRunning(grandchild)).toBe(false);
      expect(warn.mock.calls[0]?.[0]).toMatch(/left behind ignored SIGTERM for 0.05 seconds/);
    }),
  );

  it(
    'sends signals to the whole group',
    realTimeRun(async () => {
      const script = 'sleep 1000 & echo $! >&2; wait';
      await openNursery(async (nursery) => {
        const process = await nursery.start<Process>((taskStatus) =>
          runProcess('sh', ['-c', script], { killTree: true, check: false, stderr: 'pipe', taskStatus }),
        );
        const pid = Number(Buffer.from((await process.stderr!.receiveSome())!).toString());
        process.sendSignal('SIGKILL');
        expect(await process.wait()).toMatchObject({ signal: 'SIGKILL' });
        await moveOnAfter(1000, async () => {
          while (isRunning(pid)) await sleep(5);
        });
        expect(isRunning(pid)).toBe(false);
      });
    }),
  );

  it(
    'G-137: warns of members that belong to another user, and does not wait for them',
    realTimeRun(async () => {
      const warn = silenceWarnings();
      const kill = process.kill.bind(process);
      jest.spyOn(process, 'kill').mockImplementation((pid, signal) => {
        if (pid < 0 && signal === 0) throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
        return kill(pid, signal);
      });
      expect(await runProcess('true', [], { killTree: true })).toMatchObject({ exitCode: 0 });
      expect(warn.mock.calls).toEqual([
        [
          expect.stringMatching(/^could not end the group of true \(pid \d+\): Error: kill EPERM$/),
          'TercetProcessWarning',
        ],
      ]);
      expect(await cancelWhenReady('echo ready; exec sleep 1000', { killTree: true })).toMatchObject({
        signal: 'SIGTERM',
      });
    }),
  );

  it(
    'sends no signal to a group that has ended, while a process outside of it holds the output open',
    realTimeRun(async () => {
      const scope = new CancelScope();
      const kill = process.kill.bind(process);
      const afterTheEnd: unknown[] = [];
      let hasEnded = false;
      jest.spyOn(process, 'kill').mockImplementation((pid, signal) => {
        if (pid >= 0) return kill(pid, signal);
        if (hasEnded) afterTheEnd.push(signal);
        try {
          return kill(pid, signal);
        } catch (error) {
          hasEnded = true;
          setImmediate(() => scope.cancel());
          throw error;
        }
      });
      let child: Process | undefined;
      let daemon = 0;
      await scope.run(() =>
        runProcess('sh', ['-c', "setsid sh -c 'echo $$; exec sleep 1000' & wait"], {
          killTree: true,
          taskStatus: { started: (it) => (child = it) },
          onStdoutLine: (line) => {
            daemon = Number(line);
            child!.terminate();
          },
        }),
      );
      expect(isRunning(daemon)).toBe(true);
      kill(daemon);
      expect(afterTheEnd).toEqual([]);
    }),
  );
});
