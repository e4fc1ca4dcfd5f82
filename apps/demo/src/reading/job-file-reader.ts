import { failAfter, isCancelled, TooSlowError } from '@tercet/core';
import { Lock } from '@tercet/sync';
import type { Job, JobFile } from '../job-file/job-file.ts';
import { toJobFile } from '../job-file/parse-job-file.ts';
import { ReaderThread } from './reader-thread.ts';

/** The job file is not accepted: the text says why. */
export class RefusedJobFile extends Error {
  override readonly name: string = 'RefusedJobFile';
}

/** A megabyte takes a few seconds at most. This limit is for files that were not foreseen. In milliseconds. */
const longestReading = 30_000;

/**
 * Reads job files in a separate thread, one at a time: a file of a megabyte takes long, however it is read, and a daemon must
 * meanwhile see signals, time limits and other clients.
 *
 * The thread is ended only when a file takes too long or too much memory, and there is a new one for the next file. A file that
 * nobody waits for any more is read to its end: starting a thread opens many files, and if the process has no descriptors left
 * just then, Node loses those that it had opened.
 */
export class JobFileReader implements AsyncDisposable {
  readonly #turn = new Lock();
  #thread: ReaderThread | undefined;

  /** Starts the thread. A checkpoint. */
  async start(): Promise<void> {
    await this.read('jobs: {}', 'nothing.yaml').catch((error: unknown) => {
      if (!(error instanceof RefusedJobFile)) throw error;
    });
  }

  /**
   * A checkpoint.
   *
   * @throws {RefusedJobFile} when it is wrong, or takes too much time or memory.
   */
  read(text: string, path: string): Promise<JobFile> {
    return this.#turn.run(async () => {
      if (this.#thread?.hasEnded === true) this.#thread = undefined;
      const thread = (this.#thread ??= new ReaderThread());
      try {
        const answer = await failAfter(longestReading, () => ask(thread, text, path));
        if (typeof answer === 'string') throw new RefusedJobFile(answer);
        return answer;
      } catch (error) {
        if (error instanceof RefusedJobFile || isCancelled(error)) throw error;
        this.#thread = undefined;
        await thread.end();
        if (error instanceof TooSlowError) throw new RefusedJobFile('reading the job file takes too long');
        if (isOutOfMemory(error)) throw new RefusedJobFile('reading the job file takes too much memory');
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread?.end();
    this.#thread = undefined;
  }
}

/** @returns the jobs, or what is wrong with the file. */
async function ask(thread: ReaderThread, text: string, path: string): Promise<JobFile | string> {
  const first = await thread.ask({ text, path });
  if ('problem' in first) return first.problem;
  const file = 'file' in first ? first.file : {};
  const jobs = new Map<string, Job>();
  for (let isLast = false; !isLast;) {
    const portion = await thread.ask('more');
    if (!('jobs' in portion)) throw new Error('the thread has sent no jobs, although it was asked for some');
    for (const [name, job] of toJobFile({ ...file, jobs: portion.jobs }, path).jobs) jobs.set(name, job);
    isLast = portion.isLast;
  }
  return { ...toJobFile({ ...file, jobs: [] }, path), jobs };
}

function isOutOfMemory(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
}
