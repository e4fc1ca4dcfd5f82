import type { Call } from './call.ts';

interface Line {
  readonly priority: number;
  first: Call | undefined;
  last: Call | undefined;
}

/**
 * Calls that wait for a worker: those of a higher priority first, otherwise in the order in which they came. Each priority is
 * a doubly linked list through the calls themselves, so that one that is cancelled leaves from the middle.
 */
export class CallQueue {
  /** The highest priority first. */
  readonly #lines: Line[] = [];
  length = 0;

  add(call: Call): void {
    const line = this.#lineOf(call);
    enter(call);
    call.ahead = line.last;
    call.behind = undefined;
    if (line.last === undefined) line.first = call;
    else line.last.behind = call;
    line.last = call;
    this.length++;
  }

  /** Puts one back that a worker has given back. */
  addFirst(call: Call): void {
    const line = this.#lineOf(call);
    enter(call);
    call.behind = line.first;
    call.ahead = undefined;
    if (line.first === undefined) line.last = call;
    else line.first.ahead = call;
    line.first = call;
    this.length++;
  }

  get first(): Call | undefined {
    for (const { first } of this.#lines) if (first !== undefined) return first;
    return undefined;
  }

  /** Takes the first one out. */
  shift(): Call | undefined {
    const { first } = this;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes a queued call out. What it is from then on is up to the caller. */
  remove(call: Call): void {
    const line = this.#lineOf(call);
    if (call.ahead === undefined) line.first = call.behind;
    else call.ahead.behind = call.behind;
    if (call.behind === undefined) line.last = call.ahead;
    else call.behind.ahead = call.ahead;
    call.ahead = call.behind = undefined;
    this.length--;
  }

  #lineOf({ settings: { priority } }: Call): Line {
    for (const [index, line] of this.#lines.entries()) {
      if (line.priority === priority) return line;
      if (line.priority < priority) return this.#insert(index, priority);
    }
    return this.#insert(this.#lines.length, priority);
  }

  #insert(index: number, priority: number): Line {
    const line: Line = { priority, first: undefined, last: undefined };
    this.#lines.splice(index, 0, line);
    return line;
  }
}

function enter(call: Call): void {
  call.state = 'queued';
  call.worker = undefined;
}
