import { NOTHING } from './input.ts';
import type { Input, Step } from './input.ts';
import { Mark } from './marks.ts';

/**
 * The statistics of a section.
 *
 * @example
 * const slowest = (sections: readonly SectionStatistics[]): SectionStatistics | undefined =>
 *   sections.toSorted((a, b) => b.busyTime - a.busyTime)[0];
 * await openPipeline(pipeline(['a'], map(async (name: string) => name)), async (line) => {
 *   await using channel = line.tap();
 *   for await (const item of channel) console.log(item);
 *   console.log(slowest(line.statistics())?.name);
 * });
 */
export interface SectionStatistics {
  /** `map#2 'parse'`. */
  readonly name: string;
  /** How many items have come in. */
  readonly itemsIn: number;
  /** How many items have gone out. */
  readonly itemsOut: number;
  /** How many items wait in front of the task that it runs in. */
  readonly waiting: number;
  /** How many items there has been no room for. */
  readonly dropped: number;
  /** For how long that task has been at work, in milliseconds of the run's clock. */
  readonly busyTime: number;
  /** For how long it has waited for items. */
  readonly idleTime: number;
  /** For how long it has waited for room behind it. */
  readonly blockedTime: number;
}

/** The times of one stage. */
export class StageTimes {
  readonly #now: () => number;
  readonly #began: number;
  #ended: number | undefined = undefined;
  #idle = 0;
  #blocked = 0;
  #since: number | undefined = undefined;
  #kind: 'idle' | 'blocked' = 'idle';

  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  wait(kind: 'idle' | 'blocked'): void {
    this.#since = this.#now();
    this.#kind = kind;
  }

  goOn(): void {
    if (this.#since === undefined) return;
    const time = this.#now() - this.#since;
    if (this.#kind === 'idle') this.#idle += time;
    else this.#blocked += time;
    this.#since = undefined;
  }

  end(): void {
    this.goOn();
    this.#ended = this.#now();
  }

  read(): { idleTime: number; blockedTime: number; busyTime: number } {
    const now = this.#ended ?? this.#now();
    const current = this.#since === undefined ? 0 : now - this.#since;
    const idleTime = this.#idle + (this.#kind === 'idle' ? current : 0);
    const blockedTime = this.#blocked + (this.#kind === 'blocked' ? current : 0);
    return { idleTime, blockedTime, busyTime: now - this.#began - idleTime - blockedTime };
  }
}

/** Counts the items of a section; made only where statistics can be read. */
export class Meter {
  readonly #name: string;
  itemsIn = 0;
  itemsOut = 0;
  times: StageTimes | undefined = undefined;
  /** How many items wait in front of its stage. */
  waiting: () => number = () => 0;
  dropped: () => number = () => 0;

  constructor(name: string) {
    this.#name = name;
  }

  countingIn(step: Step): Step {
    return (item) => {
      this.itemsIn++;
      return step(item);
    };
  }

  countingOut(next: Step): Step {
    return (item) => {
      this.itemsOut++;
      return next(item);
    };
  }

  countingInput(input: Input): Input {
    const take = (): unknown => {
      const item = input.take();
      if (item !== NOTHING && !(item instanceof Mark)) this.itemsIn++;
      return item;
    };
    return {
      ...(input.link !== undefined && { link: input.link }),
      get hasThrown() {
        return input.hasThrown === true;
      },
      take,
      more: () => input.more(),
      close: (reason) => input.close(reason),
      want: (count) => input.want?.(count),
    };
  }

  read(): SectionStatistics {
    const { itemsIn, itemsOut, times } = this;
    const { idleTime, blockedTime, busyTime } = times?.read() ?? { idleTime: 0, blockedTime: 0, busyTime: 0 };
    return {
      name: this.#name,
      itemsIn,
      itemsOut,
      waiting: this.waiting(),
      dropped: this.dropped(),
      busyTime,
      idleTime,
      blockedTime,
    };
  }
}
