import { race } from '@tercet/core';
import { openSignalReceiver } from '@tercet/proc';
import { Event } from '@tercet/sync';

/** Something from outside that ends a run, and the exit code that tells. */
export interface Interruption {
  readonly reason: string;
  readonly exitCode: number;
}

/** Waits until somebody closes the terminal, or stops reading; `main` looks after Ctrl-C and SIGTERM. */
export function interruption(): Promise<Interruption> {
  return race([hangup, brokenOutput]);
}

async function hangup(): Promise<Interruption> {
  using hangups = openSignalReceiver('SIGHUP');
  await hangups.receive();
  return { reason: 'SIGHUP', exitCode: 129 };
}

async function brokenOutput(): Promise<Interruption> {
  const broken = new Event();
  // Never taken away: without a listener the next line that is written would end the process, and not its jobs.
  process.stdout.on('error', () => broken.set());
  await broken.wait();
  return { reason: 'nobody reads the output', exitCode: 141 };
}
