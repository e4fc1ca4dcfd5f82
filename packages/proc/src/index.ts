/**
 * Processes and signals for structured concurrency, and a program's entry point.
 *
 * @packageDocumentation
 */

export { runProcess } from './running/run-process.ts';
export type {
  CapturedBytes,
  OutputCapture,
  ProcessFile,
  ProcessInput,
  ProcessOutput,
  ProcessPath,
  RunProcessOptions,
} from './running/run-options.ts';
export { runPipeline } from './running/run-pipeline.ts';
export type { CompletedPipeline, PipelineCommand, RunPipelineOptions } from './running/run-pipeline.ts';
export { CompletedProcess } from './process/completed-process.ts';
export type { CapturedText } from './process/completed-process.ts';
export { CalledProcessError } from './running/called-process-error.ts';
export { OutputLimitError } from './running/output-limit-error.ts';
export { Process } from './process/process.ts';
export type { PipeReceiveStream } from './pipes/pipe-receive-stream.ts';
export type { ExitStatus } from './process/process.ts';

export { main } from './main/main.ts';
export type { MainOptions } from './main/main.ts';

export { openSignalReceiver } from './signals/signal-receiver.ts';
export type { SignalReceiver } from './signals/signal-receiver.ts';

export { openStderr, openStdin, openStdout } from './standard-streams/open-standard-streams.ts';
