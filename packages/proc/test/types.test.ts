import { expect, it } from '@jest/globals';
import { runProcess } from '@tercet/proc';
import type { CompletedProcess, RunProcessOptions } from '@tercet/proc';

type Result<T extends (...args: never[]) => unknown> = Awaited<ReturnType<T>>;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <T extends true>(): T | undefined => undefined;

const nothing = () => runProcess('true');
const out = () => runProcess('true', [], { captureStdout: true });
const tee = () => runProcess('true', { captureStderr: 'tee', captureStdout: false });
const open = (captureStdout: boolean, options: RunProcessOptions) =>
  [() => runProcess('true', { captureStdout }), () => runProcess('true', [], options)] as const;

it('the types of a result follow the options', () => {
  same<Same<Result<typeof nothing>, CompletedProcess<undefined, undefined>>>();
  same<Same<Result<typeof out>, CompletedProcess<Uint8Array, undefined>>>();
  same<Same<Result<typeof tee>, CompletedProcess<undefined, Uint8Array>>>();
  same<Same<Result<typeof out>['stdoutText'], string>>();
  same<Same<Result<typeof out>['stderrText'], never>>();
  same<Same<Result<ReturnType<typeof open>[0]>['stdout'], Uint8Array | undefined>>();
  same<Same<Result<ReturnType<typeof open>[1]>, CompletedProcess>>();
  same<Same<CompletedProcess['stdoutText'], string>>();
  expect(open).toBeInstanceOf(Function);
});

it('wrong calls do not compile', () => {
  const never = (): void => {
    // @ts-expect-error: it was not captured
    void nothing().then(({ stdout }) => stdout.length);
    // @ts-expect-error: there is no such option
    void runProcess('true', { encoding: 'utf8' });
    // @ts-expect-error: nor with arguments
    void runProcess('true', [], { captureStdout: true, timeout: 5 });
    // @ts-expect-error: it is a boolean or 'tee'
    void runProcess('true', { captureStdout: 'both' });
    // @ts-expect-error: the options come last
    void runProcess('true', {}, []);
    // A callback knows the type of its argument.
    void runProcess('true', { onStdoutLine: (line) => line.length });
    void runProcess('true', [], { captureStdout: true, deliverCancel: (process) => process.kill() });
  };
  expect(never).toBeInstanceOf(Function);
});
