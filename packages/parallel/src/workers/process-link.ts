import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NotedClaims } from '../protocol/noted-claims.ts';
import { PROCESS_MARK } from '../serving/parent.ts';
import { program } from './program.ts';
import type { LinkEvents, LinkOptions, WorkerLink } from './worker-link.ts';

/** Starts a process. */
export function openProcess(options: LinkOptions, events: LinkEvents): WorkerLink {
  const noted = NotedClaims.create();
  const limit = options.resourceLimits?.maxOldGenerationSizeMb;
  let child: ChildProcess;
  try {
    child = forkProgram(options, limit, noted);
  } catch (error) {
    noted.close();
    throw error;
  }
  let failure: unknown;
  let exited = false;
  const exit = (code: number | null, signal: string | null): void => {
    if (exited) return;
    exited = true;
    events.exit({ code, signal, error: failure, outOfMemory: limit !== undefined && isAbort(code, signal) });
    noted.close();
  };
  child.on('message', (batch) => events.batch(batch as unknown as unknown[]));
  child.on('error', (error) => {
    failure = error;
    // It has not been started, and no exit will follow.
    if (child.pid === undefined) exit(null, null);
  });
  // Everything that it has sent before its end arrives before this.
  child.on('close', exit);
  return {
    post: (batch) => {
      if (child.connected) child.send(batch, () => undefined);
    },
    shared: undefined,
    noted,
    hold: (holds) => {
      const channel = child.channel as { ref(): void; unref(): void } | null | undefined;
      if (holds) {
        child.ref();
        channel?.ref();
      } else {
        child.unref();
        channel?.unref();
      }
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function forkProgram(options: LinkOptions, limit: number | undefined, noted: NotedClaims): ChildProcess {
  const { env, execArgv = process.execArgv, ignoresOutput } = options;
  const output = ignoresOutput ? 'ignore' : 'inherit';
  return fork(fileURLToPath(program), [PROCESS_MARK], {
    serialization: 'advanced',
    execArgv: [...execArgv, ...(limit === undefined ? [] : [`--max-old-space-size=${limit}`])],
    ...(env === undefined ? {} : { env }),
    stdio: ['ignore', output, output, 'ipc', noted.descriptor],
  });
}

/** How V8 ends a process that has run out of memory. */
function isAbort(code: number | null, signal: string | null): boolean {
  return signal === 'SIGABRT' || signal === 'SIGTRAP' || signal === 'SIGILL' || code === 134;
}
