import { abandonable } from '@tercet/core';
import { ParkingLot } from '@tercet/core/lowlevel';
import type { EngineBackend, EngineCaller, EngineEvents, EngineOutcome, Json } from './engine-backend.ts';
import type { CheckedJob } from './engine-job.ts';
import type { Crossing } from './engine-options.ts';
import type { JobPayload } from './job-payload.ts';
import { tellProblem } from './engine-problems.ts';
import { uniqueText } from './unique-text.ts';
import { WaitingCall } from './waiting-call.ts';

/** The calls of one `openEngine` that wait, and the engine's connection, which they share. */
export class EngineConnection implements EngineEvents {
  readonly backend: EngineBackend;
  readonly queue: string;
  readonly crossing: Crossing;
  /** The body of `openEngine` has been left. */
  closed = false;
  #caller: EngineCaller | undefined = undefined;
  /** By the id of the job. Several calls of this program may wait for the same job. */
  readonly #calls = new Map<string, Set<WaitingCall>>();
  #waiting = 0;
  readonly #idle = new ParkingLot('end of the calls of an engine');

  constructor(backend: EngineBackend, queue: string, crossing: Crossing) {
    this.backend = backend;
    this.queue = queue;
    this.crossing = crossing;
  }

  async open(): Promise<void> {
    this.#caller = await this.backend.openCaller(this.queue, this);
  }

  /** Number of calls that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  submit(
    id: string,
    { name, key, attempts, backoff, delay, keepResult }: CheckedJob,
    payload: JobPayload,
  ): WaitingCall {
    const call = new WaitingCall(id, name);
    let calls = this.#calls.get(id);
    if (calls === undefined) this.#calls.set(id, (calls = new Set()));
    calls.add(call);
    this.#waiting++;
    const shared = key !== undefined;
    const token = uniqueText();
    const stored = payload as unknown as Json;
    this.#caller!.submit({ id, token, name, payload: stored, shared, attempts, backoff, delay, keepResult })
      .then(() => call.accepted?.())
      .catch((error: unknown) => call.end({ kind: 'refused', error }));
    return call;
  }

  /** Gives up a call whose task was cancelled. The engine is asked only if no other call here waits for the job. */
  leave(call: WaitingCall): void {
    const others = this.#calls.get(call.id);
    if (others !== undefined && others.size > 1) {
      call.end({ kind: 'cancelled', by: 'caller' });
      return;
    }
    this.#caller!.leave(call.id).catch((error: unknown) => this.problem(error));
  }

  /** Removes a call that has returned. */
  forget(call: WaitingCall): void {
    const calls = this.#calls.get(call.id);
    calls?.delete(call);
    if (calls?.size === 0) {
      this.#calls.delete(call.id);
      this.#caller!.forget(call.id);
    }
    if (--this.#waiting === 0) this.#idle.unparkAll();
  }

  async waitForCalls(): Promise<void> {
    while (this.#waiting > 0) await this.#idle.park();
  }

  /** Sends a question to the engine. A cancelled task stops waiting for the answer. */
  ask<T>(question: (caller: EngineCaller) => Promise<T>): Promise<T> {
    return abandonable(question(this.#caller!));
  }

  async close(): Promise<void> {
    await this.#caller?.close();
  }

  ended(id: string, outcome: EngineOutcome): void {
    for (const call of this.#calls.get(id) ?? []) call.end(outcome);
  }

  progress(id: string, payload: Json): void {
    for (const call of this.#calls.get(id) ?? []) call.progress?.(payload);
  }

  problem(error: unknown): void {
    tellProblem(this.backend, this.queue, error);
  }
}
