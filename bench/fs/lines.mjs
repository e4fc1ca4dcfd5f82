import fs from 'node:fs';
import { join } from 'node:path';
import readline from 'node:readline';
import { openFile } from '@tercet/fs';

/** A million lines of 64 bytes. */
export function lines(folder) {
  const file = join(folder, 'lines');
  const count = 1_000_000;
  const one = (make) => async () => {
    let length = 0;
    for await (const line of make(file)) length += line.length;
    check(length);
  };
  const many = (make) => async () => {
    let length = 0;
    for await (const batch of make(file)) for (const line of batch) length += line.length;
    check(length);
  };
  const check = (length) => {
    if (length !== 63 * count) throw new Error(`${length} characters instead of ${63 * count}`);
  };
  const opened = async (body) => {
    const text = await openFile(file);
    await body(() => text)();
    await text.close();
  };
  return [
    {
      name: 'lines of 64 bytes',
      unit: 'ns',
      count,
      rounds: 21,
      prepare: () => fs.writeFileSync(file, `${'x'.repeat(63)}\n`.repeat(count)),
      targets: [
        { than: 'readline', atLeast: 1.7 },
        { who: 'tercet batches', than: 'readline', atLeast: 3 },
      ],
      implementations: {
        tercet: () => opened(one),
        'tercet batches': () => opened((text) => many(() => text().batches())),
        bare: one((path) => new BareLines(path)),
        'bare batches': many((path) => new BareLines(path).batches()),
        readline: one((path) => readline.createInterface({ input: fs.createReadStream(path), crlfDelay: Infinity })),
      },
    },
  ];
}

const CHUNK = 256 * 1024;
const PIECE = 32 * 1024;

/** The lines of an UTF-8 file whose characters are single bytes; one chunk is read ahead. */
class BareLines {
  #fd;
  #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #next = Buffer.allocUnsafeSlow(CHUNK);
  #at = 0;
  #end = 0;
  #rest = '';
  #lines = [];
  #given = 0;
  #reading;

  constructor(path) {
    this.#fd = fs.openSync(path);
    this.#reading = this.#read();
  }

  next() {
    if (this.#given === this.#lines.length && !this.#split()) return this.#wait();
    return Promise.resolve({ done: false, value: this.#lines[this.#given++] });
  }

  async *batches() {
    do {
      while (this.#split()) yield this.#lines;
    } while (await this.#take());
  }

  async #wait() {
    while (!this.#split()) if (!(await this.#take())) return { done: true, value: undefined };
    return this.next();
  }

  #split() {
    if (this.#at === this.#end) return false;
    const end = Math.min(this.#at + PIECE, this.#end);
    this.#lines = (this.#rest + this.#chunk.utf8Slice(this.#at, end)).split('\n');
    this.#rest = this.#lines.pop();
    this.#given = 0;
    this.#at = end;
    return true;
  }

  async #take() {
    this.#end = await this.#reading;
    this.#at = 0;
    if (this.#end === 0) {
      fs.closeSync(this.#fd);
      return false;
    }
    [this.#chunk, this.#next] = [this.#next, this.#chunk];
    this.#reading = this.#read();
    return true;
  }

  #read() {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, this.#next, 0, CHUNK, null, (error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}
