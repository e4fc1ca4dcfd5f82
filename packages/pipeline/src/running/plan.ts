import { labelOf } from '../describing/section.ts';
import type {
  BufferDescription,
  CombinerDescription,
  MapDescription,
  Policy,
  SectionDescription,
  SyncDescription,
  TaskDescription,
} from '../describing/section.ts';
import type { Placed } from './chain.ts';
import type { LinkOptions } from './link.ts';
import { Meter } from './meters.ts';
import { retrying } from './policies.ts';

/** A section that does its own reading: the first one of a stage. */
export type Head = MapDescription | TaskDescription | CombinerDescription;

/** The sections that run in one task: at most one head, and the synchronous sections after it. */
export interface StagePlan {
  readonly head: Placed<Head> | undefined;
  readonly chain: readonly Placed<SyncDescription>[];
  /** How the link to the next stage is made. */
  readonly link: LinkOptions;
}

/** Numbers sections, and meters them where statistics can be read. */
export class Labels {
  #index = 0;
  readonly meters: Meter[] | undefined;
  readonly #prefix: string;

  constructor(meters: Meter[] | undefined, prefix = '') {
    this.meters = meters;
    this.#prefix = prefix;
  }

  place<D extends SectionDescription>(description: D): Placed<D> {
    const label = this.#prefix + labelOf(description, description.isPart === true ? this.#index : ++this.#index);
    const meter = this.meters === undefined ? undefined : new Meter(label);
    if (meter !== undefined) this.meters!.push(meter);
    return { description, label, meter };
  }

  /** Names for what runs inside a section. */
  within(label: string): Labels {
    return new Labels(this.meters, `${label} › `);
  }

  skip(): void {
    this.#index++;
  }
}

/** Sections without those that only group or amend others. */
type Plain = SyncDescription | Head | BufferDescription;

/**
 * Cuts a list of sections into stages: a new one begins with each section that has its own way of reading, and at each
 * buffer. Synchronous sections join the stage before them.
 */
export function planOf(sections: readonly SectionDescription[], labels: Labels): StagePlan[] {
  const stages: { head: Placed<Head> | undefined; chain: Placed<SyncDescription>[]; link: LinkOptions }[] = [
    { head: undefined, chain: [], link: {} },
  ];
  let isAsked = false;
  for (const section of plain(sections)) {
    const stage = stages.at(-1)!;
    if (section.kind === 'sync') {
      stage.chain.push(labels.place(section));
    } else if (section.kind === 'buffer') {
      if (section.isPart !== true) labels.skip();
      stage.link = { capacity: section.capacity, whenFull: section.whenFull, eager: true };
      stages.push({ head: undefined, chain: [], link: {} });
    } else if (isAsked) {
      stage.head = labels.place(section);
    } else {
      stages.push({ head: labels.place(section), chain: [], link: {} });
    }
    isAsked = section.kind === 'buffer';
  }
  for (const stage of stages) if (stage.link.capacity === undefined && isLazy(stage)) stage.link = { capacity: 1 };
  return stages;
}

function isLazy({ head, chain }: StagePlan): boolean {
  const isLazyHead = head?.description.kind === 'task' && head.description.isLazy === true;
  return isLazyHead || chain.some(({ description }) => description.isLazy === true);
}

function plain(sections: readonly SectionDescription[]): Plain[] {
  const found: Plain[] = [];
  for (const section of sections) {
    if (section.kind === 'composition') found.push(...plain(section.sections));
    else if (section.kind === 'policy') amend(found, section);
    else found.push(section);
  }
  return found;
}

function amend(found: Plain[], policy: Policy): void {
  const last = found.pop();
  if (last?.isPart === true && !('calls' in last)) {
    amend(found, policy);
    found.push(last);
    return;
  }
  if (last?.kind === 'map') found.push(amendMap(last, policy));
  else if (last?.kind === 'sync' && last.calls !== undefined) found.push(amendSync(last, policy));
  else {
    const before = last === undefined ? 'there is none' : `${last.name} does not`;
    throw new TypeError(`${policy.name}() belongs after a section that calls a function for each item; ${before}`);
  }
}

function amendMap(section: MapDescription, { retry, onError }: Policy): MapDescription {
  if (retry !== undefined)
    return { ...section, retry: section.retry === undefined ? retry : nested(section.retry, retry) };
  const { onError: first } = section;
  return { ...section, onError: first === undefined ? onError : inTurn(first, onError!) };
}

function amendSync(section: SyncDescription, { retry, onError }: Policy): SyncDescription {
  const { calls, onError: first } = section;
  if (retry !== undefined) {
    const amended = calls!.with(retrying(calls!.fn, retry));
    return first === undefined ? amended : { ...amended, onError: first };
  }
  return { ...section, onError: first === undefined ? onError! : inTurn(first, onError!) };
}

type Retry = NonNullable<Policy['retry']>;
type Handler = NonNullable<Policy['onError']>;

/** The later one has the last word on how often. */
function nested(_first: Retry, last: Retry): Retry {
  return last;
}

/** An error that the first handler does not deal with, or replaces by throwing, goes to the next one. */
function inTurn(first: Handler, next: Handler): Handler {
  return async (error, item) => {
    try {
      if (await first(error, item)) return true;
    } catch (other) {
      return await next(other, item);
    }
    return await next(error, item);
  };
}
