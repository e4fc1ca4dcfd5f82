import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { abandonable, abortable, shielded } from '@tercet/core';
import { runOutside } from '@tercet/core/lowlevel';
import type { Portion, Question } from './file-portions.ts';

// Beside this file, both in the sources and in the build.
const program = new URL(`thread-main${extname(import.meta.url)}`, import.meta.url);
const resourceLimits = { maxOldGenerationSizeMb: 512 };

interface Asking {
  readonly resolve: (portion: Portion) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that reads job files. It is asked one thing at a time, and answers each question. */
export class ReaderThread {
  readonly #worker: Worker;
  /** The question that it has not answered yet. */
  #asking: Asking | undefined;
  /** Settles when it has answered its last question, or has ended. */
  #answer: Promise<unknown> = Promise.resolve();
  #hasEnded = false;

  constructor() {
    this.#worker = runOutside(() => new Worker(program, { resourceLimits }));
    this.#worker.on('message', (portion: Portion) => this.#take()?.resolve(portion));
    this.#worker.on('error', (error: Error) => this.#take()?.reject(error));
    this.#worker.on('exit', () => {
      this.#hasEnded = true;
      this.#take()?.reject(new Error('the thread has ended'));
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Waits for the answer to a question that nobody waits for any more, then asks. A checkpoint. Cancelled, it leaves the thread
   * at work.
   *
   * @throws what has ended the thread.
   */
  async ask(question: Question): Promise<Portion> {
    await abandonable(this.#answer.catch(() => undefined));
    if (this.#hasEnded) throw new Error('the thread has ended');
    const answer = new Promise<Portion>((resolve, reject) => (this.#asking = { resolve, reject }));
    this.#answer = answer;
    this.#worker.postMessage(question);
    return await abandonable(answer);
  }

  /** Also in a cancelled scope; returns when it has ended. */
  async end(): Promise<void> {
    await shielded(() => abortable(() => this.#worker.terminate()));
  }

  #take(): Asking | undefined {
    const asking = this.#asking;
    this.#asking = undefined;
    return asking;
  }
}
