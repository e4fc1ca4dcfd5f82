import { closeSync, constants, openSync } from 'node:fs';

/** One end of a pipe, as this program holds it until a process has it. */
export class PipeEnd {
  readonly descriptor: number;
  #isOpen = true;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** To be called when the process has its own copy, or will never get one. May be called again. */
  close(): void {
    if (this.#isOpen) closeSync(this.descriptor);
    this.#isOpen = false;
  }
}

/** A pipe of the system, not yet held by the processes that it will connect. Also known as a FIFO without a name. */
export class SystemPipe {
  readonly input: PipeEnd;
  readonly output: PipeEnd;

  private constructor(input: PipeEnd, output: PipeEnd) {
    this.input = input;
    this.output = output;
  }

  /**
   * Opens both ends of a FIFO, which can be removed then. Never waits.
   *
   * @throws the system's error; nothing is left open then.
   */
  static open(path: string): SystemPipe {
    // Opening one end waits for the other. This is both.
    const both = openSync(path, constants.O_RDWR);
    try {
      const output = new PipeEnd(openSync(path, constants.O_RDONLY));
      try {
        return new SystemPipe(new PipeEnd(openSync(path, constants.O_WRONLY)), output);
      } catch (error) {
        output.close();
        throw error;
      }
    } finally {
      closeSync(both);
    }
  }

  close(): void {
    this.input.close();
    this.output.close();
  }
}
