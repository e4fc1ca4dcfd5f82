import assert from 'node:assert/strict';
import { openMemoryChannel } from '@tercet/sync';
import type { MemoryReceiveChannel, MemorySendChannel } from '@tercet/sync';
import { Game, outcomeOf, pick, remove } from '../random-programs.ts';
import type { Operation, Step, Worker } from '../random-programs.ts';

interface Handle<C> {
  readonly channel: C;
  open: boolean;
}

interface Waiting<C> {
  readonly operation: Operation;
  readonly handle: Handle<C>;
  /** The item, for a sender; how the item is shown, for a receiver. */
  readonly value: number;
  readonly show: (value: number | undefined) => string;
}

type Send = MemorySendChannel<number>;
type Receive = MemoryReceiveChannel<number>;

/** Random programs for one memory channel. */
export class ChannelGame extends Game {
  readonly #capacity: number;
  readonly #sends: Handle<Send>[];
  readonly #receives: Handle<Receive>[];
  readonly #buffer: number[] = [];
  readonly #senders: Waiting<Send>[] = [];
  readonly #receivers: Waiting<Receive>[] = [];
  #next = 0;
  /** For the invariants that must hold apart from the model. */
  readonly #accepted: number[] = [];
  readonly #taken: number[] = [];
  #dropped = 0;
  #peak = 0;

  constructor(capacity: number) {
    super();
    this.#capacity = capacity;
    const [send, receive] = openMemoryChannel<number>(capacity);
    this.#sends = [{ channel: send, open: true }];
    this.#receives = [{ channel: receive, open: true }];
  }

  readonly moves: Game['moves'] = [
    (worker: Worker, step: Step): void => {
      const handle = pick(this.#sends, step.target)!;
      const value = this.#next++;
      const operation = this.begin(worker, step, () => handle.channel.send(value));
      const refusal = this.#sendRefusal(handle);
      if (refusal !== undefined) operation.expected = refusal;
      else if (this.#put(value)) operation.expected = 'null';
      else this.#senders.push({ operation, handle, value, show: () => 'null' });
    },
    (worker: Worker, { target }: Step): void => {
      const handle = pick(this.#sends, target)!;
      const value = this.#next++;
      const outcome = outcomeOf(() => worker.inside(() => handle.channel.sendNowait(value)));
      assert.equal(outcome, this.#sendRefusal(handle) ?? (this.#put(value) ? 'null' : 'WouldBlock'));
    },
    (worker: Worker, step: Step): void => {
      const handle = pick(this.#receives, step.target)!;
      const operation = this.begin(worker, step, () => handle.channel.receive());
      this.#receive(handle, operation, (value) => (value === undefined ? 'EndOfChannel' : String(value)));
    },
    (worker: Worker, step: Step): void => {
      const handle = pick(this.#receives, step.target)!;
      const operation = this.begin(worker, step, () => handle.channel[Symbol.asyncIterator]().next());
      this.#receive(handle, operation, (value) =>
        JSON.stringify(value === undefined ? { done: true } : { value, done: false }),
      );
    },
    (worker: Worker, { target }: Step): void => {
      const handle = pick(this.#receives, target)!;
      const outcome = outcomeOf(() => worker.inside(() => handle.channel.receiveNowait()));
      let expected = 'ClosedResourceError';
      if (handle.open) expected = String(this.#take() ?? (this.#anyOpen(this.#sends) ? 'WouldBlock' : 'EndOfChannel'));
      assert.equal(outcome, expected);
    },
    (_: Worker, { target, amount }: Step): void => {
      const [handles, handle] = this.#either(target, amount);
      if (handle.open && handles.length < 5) handles.push({ channel: handle.channel.clone() as never, open: true });
      else if (!handle.open)
        assert.equal(
          outcomeOf(() => handle.channel.clone()),
          'ClosedResourceError',
        );
    },
    (_: Worker, { target, amount }: Step): void => {
      // Not too often: most programs should have something to do for long.
      if (amount % 3 > 0) return;
      const [, handle] = this.#either(target, amount);
      handle.channel.close();
      this.#close(handle);
    },
    this.cancel,
    this.kill,
  ];

  override cancelled(operation: Operation): void {
    operation.expected = 'cancelled';
    for (const queue of [this.#senders, this.#receivers]) {
      const waiting = (queue as Waiting<unknown>[]).find((each) => each.operation === operation);
      if (waiting !== undefined) remove(queue as Waiting<unknown>[], waiting);
    }
  }

  override check(): void {
    const expected = {
      currentBufferUsed: this.#buffer.length,
      maxBufferSize: this.#capacity,
      peakBufferUsed: this.#peak,
      openSendChannels: this.#sends.filter(({ open }) => open).length,
      openReceiveChannels: this.#receives.filter(({ open }) => open).length,
      tasksWaitingSend: this.#senders.length,
      tasksWaitingReceive: this.#receivers.length,
      dropped: 0,
    };
    assert.deepEqual(this.#sends[0]!.channel.statistics(), expected);
    assert.deepEqual(this.#receives[0]!.channel.statistics(), expected);
    // Nothing lost, nothing twice, nothing from nowhere, and first in, first out.
    assert.equal(this.#accepted.length, this.#taken.length + this.#buffer.length + this.#dropped);
    assert.deepEqual(this.#taken, this.#accepted.slice(0, this.#taken.length));
    // Receivers wait only at an empty channel, senders only at a full one.
    if (this.#receivers.length > 0) assert.equal(this.#buffer.length + this.#senders.length, 0);
    if (this.#senders.length > 0) assert.equal(this.#buffer.length, this.#capacity);
  }

  #sendRefusal(handle: Handle<Send>): string | undefined {
    if (!handle.open) return 'ClosedResourceError';
    return this.#anyOpen(this.#receives) ? undefined : 'BrokenResourceError';
  }

  #put(value: number): boolean {
    const receiver = this.#receivers.shift();
    if (receiver === undefined && this.#buffer.length >= this.#capacity) return false;
    this.#accepted.push(value);
    if (receiver === undefined) this.#buffer.push(value);
    else {
      this.#taken.push(value);
      receiver.operation.expected = receiver.show(value);
    }
    this.#peak = Math.max(this.#peak, this.#buffer.length);
    return true;
  }

  #take(): number | undefined {
    const sender = this.#senders.shift();
    if (sender !== undefined) {
      sender.operation.expected = 'null';
      this.#accepted.push(sender.value);
      this.#buffer.push(sender.value);
    }
    const value = this.#buffer.shift();
    if (value !== undefined) this.#taken.push(value);
    return value;
  }

  #receive(handle: Handle<Receive>, operation: Operation, show: (value: number | undefined) => string): void {
    const value = handle.open ? this.#take() : undefined;
    if (!handle.open) operation.expected = 'ClosedResourceError';
    else if (value !== undefined || !this.#anyOpen(this.#sends)) operation.expected = show(value);
    else this.#receivers.push({ operation, handle, value: NaN, show });
  }

  #close(handle: Handle<Send | Receive>): void {
    if (!handle.open) return;
    handle.open = false;
    this.#end(this.#senders, (each) => each.handle === handle, 'ClosedResourceError');
    this.#end(this.#receivers, (each) => each.handle === handle, 'ClosedResourceError');
    if (!this.#anyOpen(this.#sends)) this.#end(this.#receivers, () => true);
    if (this.#anyOpen(this.#receives)) return;
    this.#end(this.#senders, () => true, 'BrokenResourceError');
    this.#dropped += this.#buffer.length;
    this.#buffer.length = 0;
  }

  #end<C>(queue: Waiting<C>[], which: (waiting: Waiting<C>) => boolean, outcome?: string): void {
    for (const waiting of queue.filter(which)) {
      remove(queue, waiting);
      waiting.operation.expected = outcome ?? waiting.show(undefined);
    }
  }

  #anyOpen(handles: readonly Handle<unknown>[]): boolean {
    return handles.some(({ open }) => open);
  }

  #either(target: number, amount: number): [Handle<Send | Receive>[], Handle<Send | Receive>] {
    const handles = (amount % 2 === 0 ? this.#sends : this.#receives) as Handle<Send | Receive>[];
    return [handles, pick(handles, target)!];
  }
}
