import { describe, expect, it, jest } from '@jest/globals';
import { isCancelled, moveOnAfter, openNursery, run, sleep } from '@tercet/core';
import { CalledProcessError, runProcess } from '@tercet/proc';
import type { Process } from '@tercet/proc';
import { isRunning } from '../programs/process-table.ts';

const capture = { captureStdout: true, captureStderr: true };

describe('runProcess', () => {
  it('PRC-007: gives back what went through a process, and its arguments', () =>
    run(async () => {
      const input = 'x'.repeat(256 * 1024);
      const done = await runProcess('cat', ['-'], { stdin: input, ...capture });
      expect(done).toMatchObject({ args: ['cat', '-'], exitCode: 0, signal: null, stdoutText: input, stderrText: '' });
    }));

  it('PRC-008: gives the process nothing to read by default', () =>
    run(async () => {
      expect((await runProcess('cat', [], capture)).stdoutText).toBe('');
    }));

  it('PRC-012: an exit code other than 0 is an error with the command and the end of stderr', () =>
    run(async () => {
      const error = await runProcess('sh', ['-c', 'echo some >&2; echo words >&2; exit 3'], capture).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(CalledProcessError);
      expect(error).toMatchObject({
        message: `sh -c 'echo some >&2; echo words >&2; exit 3' failed with exit code 3\nsome\nwords`,
        exitCode: 3,
        signal: null,
      });
    }));

  it('G-136: a cancel ends the process before the call returns', () =>
    run(async () => {
      let child: Process | undefined;
      const taskStatus = { started: (process: Process) => (child = process) };
      const value = await moveOnAfter(50, () => runProcess('sleep', ['1000'], { taskStatus }));
      expect(value).toBeUndefined();
      expect(child).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
      expect(isRunning(child!.pid)).toBe(false);
    }));

  it('G-137: a process that ignores SIGTERM is killed after the grace period', () =>
    run(async () => {
      let child: Process | undefined;
      const taskStatus = { started: (process: Process) => (child = process) };
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const script = 'trap "" TERM; while :; do sleep 0.01; done';
      await moveOnAfter(50, () => runProcess('sh', ['-c', script], { taskStatus, gracePeriod: 100 }));
      expect(child?.signal).toBe('SIGKILL');
      expect(warn.mock.calls).toEqual([
        [expect.stringContaining('ignored SIGTERM for 0.1 seconds'), expect.anything()],
      ]);
    }));

  it('starts nothing in a cancelled scope', () =>
    run(async () => {
      const started = await moveOnAfter(1e6, async (scope) => {
        scope.cancel();
        try {
          return await runProcess('/does/not/exist');
        } catch (error) {
          return isCancelled(error);
        }
      });
      expect(started).toBe(true);
    }));

  it('G-139: in its start form returns the process as soon as it runs', () =>
    run(async () => {
      await openNursery(async (nursery) => {
        const process = await nursery.start<Process>((taskStatus) => runProcess('sleep', ['1000'], { taskStatus }));
        expect(process.poll()).toBeUndefined();
        await sleep(10);
        nursery.cancelScope.cancel();
      });
    }));
});
