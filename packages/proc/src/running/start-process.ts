import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { toBytes } from '@tercet/streams/lowlevel';
import type { SendStream } from '@tercet/streams';
import { pipeSendStream } from '../pipes/pipe-send-stream.ts';
import { adoptChild } from '../process/process.ts';
import type { Process } from '../process/process.ts';
import { spawnChild } from '../process/spawn.ts';
import type { ChildStdio } from './open-files.ts';
import { ProcessOutput } from './process-output.ts';
import type { OutputFailure } from './process-output.ts';
import type { OutputPlan, RunPlan } from './run-plan.ts';

/** A process that runs, with those of its pipes that lead to us. */
export interface StartedProcess {
  readonly process: Process;
  readonly input: SendStream | undefined;
  readonly stdout: ProcessOutput | undefined;
  readonly stderr: ProcessOutput | undefined;
}

/**
 * Starts a process, and to read what it writes: from now on nothing of that is lost. Not a checkpoint.
 *
 * @param merged where both outputs come out, if they do in one place.
 * @param onFailure called when the process must not go on. May be called again.
 */
export async function startProcess(
  plan: RunPlan,
  stdio: readonly ChildStdio[],
  merged: Socket | undefined,
  onFailure: (failure: OutputFailure) => void,
): Promise<StartedProcess> {
  const child = await spawnChild(plan.spawn, [...stdio]);
  const { command, maxOutput, maxLine } = plan;
  const read = (pipe: unknown, name: 'stdout' | 'stderr', output: OutputPlan): ProcessOutput | undefined => {
    if (output.kind !== 'pipe') return undefined;
    return new ProcessOutput(pipe as Socket, name, output, { command, maxOutput, maxLine, onFailure });
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
  if (plan.stdin.kind !== 'bytes') return pipeSendStream(stdin);
  // A process that ends, or closes its input, without having read all of it has its reasons.
  stdin.on('error', () => undefined);
  stdin.end(toBytes(plan.stdin.bytes, 'runProcess()'));
  return undefined;
}
