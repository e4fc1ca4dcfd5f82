import { environment } from '../platform/environment.ts';
import type { Deviation } from './recorder.ts';

/** A request in `TERCET_SEED`: the order that belongs to a seed, or the one with certain choices. */
export interface Reproduction {
  readonly seed: number;
  /** `undefined`: what the strategy makes of the seed. */
  readonly deviations: readonly Deviation[] | undefined;
}

const FORM = /^(\d+)(?::(plain|\d+=\d+(?:,\d+=\d+)*))?$/;

/** The request in the environment, if any. @throws {RangeError} when it cannot be read. */
export function requestedReproduction(): Reproduction | undefined {
  const text = environment('TERCET_SEED')?.trim();
  if (text === undefined || text === '') return undefined;
  const [, seed, choices] = FORM.exec(text) ?? [];
  if (seed === undefined || !Number.isSafeInteger(Number(seed))) {
    throw new RangeError(
      `TERCET_SEED must be a seed, as in 42, or a seed with choices, as in 42:7=1,12=2, not ${text}`,
    );
  }
  return { seed: Number(seed), deviations: choices === undefined ? undefined : parse(choices) };
}

function parse(choices: string): Deviation[] {
  if (choices === 'plain') return [];
  return choices.split(',').map((choice): Deviation => {
    const [position, index] = choice.split('=');
    return [Number(position), Number(index)];
  });
}

/** The line of a shell that shows a failure again. */
export function reproducingLine(seed: number, deviations: readonly Deviation[], title: string | undefined): string {
  const choices =
    deviations.length === 0 ? 'plain' : deviations.map(([position, index]) => `${position}=${index}`).join();
  return `TERCET_SEED=${seed}:${choices} ${testCommand(title)}`;
}

function testCommand(title: string | undefined): string {
  if (title === undefined) return 'npm test';
  const pattern = quoted(title.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  // Set by Node in the processes of `node --test`.
  if (environment('NODE_TEST_CONTEXT') !== undefined) return `node --test --test-name-pattern=${pattern}`;
  return `npm test -- -t ${pattern}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The title of the test that calls, with those of the groups around it, if jest or vitest provide it. */
export function currentTitle(): string | undefined {
  for (const read of [titleOfJest, titleOfVitest]) {
    try {
      const title = read();
      if (typeof title === 'string' && title !== '') return title;
    } catch {
      // Another version keeps it elsewhere.
    }
  }
  return undefined;
}

interface WithState {
  readonly currentTestName?: unknown;
}

const globals = globalThis as Readonly<Record<symbol, unknown>>;

function titleOfJest(): unknown {
  const matchers = globals[Symbol.for('$$jest-matchers-object')] as { readonly state?: WithState } | undefined;
  return matchers?.state?.currentTestName;
}

function titleOfVitest(): unknown {
  const expect = globals[Symbol.for('expect-global')] as { getState?(): WithState } | undefined;
  return expect?.getState?.().currentTestName;
}
