import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { abortable, shielded } from '@tercet/core';
import { runOutside } from '@tercet/core/lowlevel';
import type { Portion, Question } from './file-portions.ts';

// Beside this file, in the sources as in what is made of them.
const program = new URL(`thread-main${extname(import.meta.url)}`, import.meta.url);
const resourceLimits = { maxOldGenerationSizeMb: 512 };

interface Asking {
  readonly resolve: (portion: Portion) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that reads job files. It is asked one thing at a time. */
export class ReaderThread {
  readonly #worker: Worker;
  #asking: Asking | undefined;
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

  /** A checkpoint. Cancelled, it leaves the thread at work: it must be ended then. @throws what has ended the thread. */
  ask(question: Question): Promise<Portion> {
    return abortable(
      (signal) =>
        new Promise<Portion>((resolve, reject) => {
          this.#asking = { resolve, reject };
          signal.addEventListener('abort', () => this.#take()?.reject(signal.reason as Error), { once: true });
          this.#worker.postMessage(question);
        }),
    );
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
