import { describe, expect, it } from '@jest/globals';
import { planRun } from '../../src/running/run-plan.ts';
import type { RunProcessOptions } from '../../src/running/run-options.ts';

const plan = (options: RunProcessOptions = {}, args: string[] = []): ReturnType<typeof planRun> =>
  planRun('program', args, options);

const pipe = { kind: 'pipe', captured: false, tee: false, onLine: undefined, target: undefined, toUser: false };
const taskStatus = { started: () => undefined };

describe('the plan of a run', () => {
  it('by default has an empty input, inherits the outputs, and has no limit', () => {
    expect(plan({}, ['a'])).toMatchObject({
      command: ['program', 'a'],
      spawn: { file: 'program', args: ['a'], shell: false, cwd: undefined, env: undefined, leadsGroup: false },
      stdin: { kind: 'descriptor', descriptor: 'ignore' },
      stdout: { kind: 'descriptor', descriptor: 'inherit' },
      stderr: { kind: 'descriptor', descriptor: 'inherit' },
      maxOutput: Infinity,
      maxLine: 64 * 1024 * 1024,
      outputTimeout: Infinity,
      gracePeriod: 5000,
    });
  });

  it.each<[string, RunProcessOptions['stdin'], object]>([
    ['no text', '', { kind: 'descriptor', descriptor: 'ignore' }],
    ['text', 'text', { kind: 'bytes', bytes: 'text' }],
    ['a descriptor', 0, { kind: 'descriptor', descriptor: 0 }],
    ["'inherit'", 'inherit', { kind: 'descriptor', descriptor: 'inherit' }],
    ['a file', { file: new URL('file:///a%20b') }, { kind: 'file', path: '/a b', append: false }],
    ["'pipe'", 'pipe', { kind: 'pipe' }],
  ])('takes %s as the input', (_what, stdin, expected) => {
    expect(plan({ stdin, taskStatus } as RunProcessOptions).stdin).toEqual(expected);
  });

  it.each<[string, RunProcessOptions, object, object]>([
    [
      'capture',
      { captureStdout: true, captureStderr: 'tee' },
      { ...pipe, captured: true },
      { ...pipe, captured: true, tee: true },
    ],
    [
      'no capture',
      { captureStdout: false, stdout: 'ignore' },
      { kind: 'descriptor', descriptor: 'ignore' },
      { kind: 'descriptor', descriptor: 'inherit' },
    ],
    [
      "'pipe'",
      { stdout: 'pipe', taskStatus },
      { ...pipe, toUser: true },
      { kind: 'descriptor', descriptor: 'inherit' },
    ],
    [
      'a file to continue',
      { stderr: { file: 'f', append: true } },
      { kind: 'descriptor', descriptor: 'inherit' },
      { kind: 'file', path: 'f', append: true },
    ],
    [
      "'stdout' with capture",
      { captureStdout: true, stderr: 'stdout' },
      { ...pipe, captured: true },
      { kind: 'merged' },
    ],
    [
      "'stdout' without",
      { stderr: 'stdout' },
      { kind: 'descriptor', descriptor: 'inherit' },
      { kind: 'descriptor', descriptor: 1 },
    ],
    [
      "'stdout' to nowhere",
      { stdout: 'ignore', stderr: 'stdout' },
      { kind: 'descriptor', descriptor: 'ignore' },
      { kind: 'descriptor', descriptor: 'ignore' },
    ],
    [
      "'stdout' to a descriptor",
      { stdout: 7, stderr: 'stdout' },
      { kind: 'descriptor', descriptor: 7 },
      { kind: 'descriptor', descriptor: 7 },
    ],
  ])('routes the outputs with %s', (_what, options, stdout, stderr) => {
    const { stdout: out, stderr: err } = plan(options);
    expect([out, err]).toEqual([stdout, stderr]);
  });

  it('turns durations into milliseconds', () => {
    expect(plan({ gracePeriod: { seconds: 2 }, outputTimeout: 7 })).toMatchObject({
      gracePeriod: 2000,
      outputTimeout: 7,
    });
  });

  it('accepts a maxOutput of 0 bytes, and a maxLine of 1', () => {
    expect(plan({ maxOutput: 0, maxLine: 1 })).toMatchObject({ maxOutput: 0, maxLine: 1 });
    expect(() => plan({ maxOutput: -1 })).toThrow(RangeError);
    expect(() => plan({ maxLine: 0 })).toThrow(RangeError);
  });
});
