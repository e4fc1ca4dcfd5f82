import { suspend } from '@tercet/core/lowlevel';
import type { Waker } from '@tercet/core/lowlevel';
import type { EngineOutcome, Json } from './engine-backend.ts';

/** The end of a call for its caller: the job's outcome, or an error of the engine. */
export type CallEnd = EngineOutcome | { readonly kind: 'refused'; readonly error: unknown };

/** A call whose job has been submitted, or is being submitted. The task tree shows it as the thing that its task waits for. */
export class WaitingCall {
  readonly id: string;
  readonly name: string;
  /** Receives progress; set when the caller has an `onProgress`. */
  progress: ((payload: Json) => void) | undefined = undefined;
  /** Called when the engine has stored the job; set when the caller has an `onAccepted`. */
  accepted: (() => void) | undefined = undefined;
  #end: CallEnd | undefined = undefined;
  #waker: Waker<CallEnd> | undefined = undefined;

  constructor(id: string, name: string) {
    this.id = id;
    this.name = name;
  }

  /** Ends the call; a second end is ignored. May be called in any context. */
  end(end: CallEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const waker = this.#waker;
    this.#waker = undefined;
    waker?.wake(end);
  }

  /** Waits for its end. A cancellation of the task leaves the job as it is. */
  wait(): Promise<CallEnd> {
    return suspend<CallEnd>(this, (waker) => {
      if (this.#end === undefined) this.#waker = waker;
      else waker.wake(this.#end);
      return () => {
        this.#waker = undefined;
        return 'succeeded';
      };
    });
  }

  /** As the task tree shows it. */
  toString(): string {
    return `job ${this.id}`;
  }
}
