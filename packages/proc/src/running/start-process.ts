import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { toBytes } from '@tercet/streams/lowlevel';
import { fromWritable } from '@tercet/streams';
import type { SendStream } from '@tercet/streams';
import { adoptChild } from '../process/process.ts';
import type { Process } from '../process/process.ts';
import { spawnChild } from '../process/spawn.ts';
import type { ChildStdio } from './open-files.ts';
import { ChildOutput } from './child-output.ts';
import type { OutputFailure } from './child-output.ts';
import type { OutputPlan, RunPlan } from './run-plan.ts';

/** A running process, with its pipes to this program. */
export interface StartedProcess {
  readonly process: Process;
  readonly input: SendStream | undefined;
  readonly stdout: ChildOutput | undefined;
  readonly stderr: ChildOutput | undefined;
}

/**
 * Starts a process and begins to read its output, so that none of it is lost. Not a checkpoint.
 *
 * @param merged the pipe of both outputs, if they are merged.
 * @param onFailure called when the process must be ended, possibly several times.
 */
export async function startProcess(
  plan: RunPlan,
  stdio: readonly ChildStdio[],
  merged: Socket | undefined,
  onFailure: (failure: OutputFailure) => void,
): Promise<StartedProcess> {
  const child = await spawnChild(plan.spawn, [...stdio]);
  const { command, maxOutput, maxLine } = plan;
  const read = (pipe: unknown, name: 'stdout' | 'stderr', output: OutputPlan): ChildOutput | undefined => {
    if (output.kind !== 'pipe') return undefined;
    return new ChildOutput(pipe as Socket, name, output, { command, maxOutput, maxLine, onFailure });
  };
  const stdout = read(merged ?? child.stdout, 'stdout', plan.stdout);
  const stderr = read(child.stderr, 'stderr', plan.stderr);
  child.on('exit', () => {
    stdout?.reader.takeLeftovers();
    stderr?.reader.takeLeftovers();
  });
  const input = openInput(child, plan);
  const streams = {
    stdin: plan.stdin.kind === 'pipe' ? input : undefined,
    stdout: stdout?.stream,
    stderr: stderr?.stream,
  };
  return { process: adoptChild(child, plan.command, plan.spawn.leadsGroup, streams), input, stdout, stderr };
}

function openInput({ stdin }: ChildProcess, plan: RunPlan): SendStream | undefined {
  if (stdin === null) return undefined;
  if (plan.stdin.kind !== 'bytes') return fromWritable(stdin);
  // It is not an error if the process ends, or closes its input, before it has read everything.
  stdin.on('error', () => undefined);
  stdin.end(toBytes(plan.stdin.bytes, 'runProcess()'));
  return undefined;
}
