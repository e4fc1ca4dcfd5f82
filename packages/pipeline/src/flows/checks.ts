import { descriptionOf } from '../describing/section.ts';
import type { SectionDescription } from '../describing/section.ts';
import { sourceDescriptionOf } from '../describing/source.ts';
import { isSource } from '../running/open-source.ts';
import { Labels, planOf } from '../running/plan.ts';

/** The descriptions of the arguments of `pipeline`, `section`, `through`. @throws {TypeError} that names the position. */
export function requireSections(operation: string, values: readonly unknown[], first: number): SectionDescription[] {
  return values.map((value, index) => {
    const description = descriptionOf(value);
    if (description !== undefined) return description;
    const place = `${operation}(): argument ${index + first}`;
    if (typeof value === 'function') {
      throw new TypeError(`${place} is a function and not a section; write map(${value.name || 'fn'})`);
    }
    if (typeof value === 'object' && isSource(value)) {
      throw new TypeError(
        `${place} is a source; only the first one can be that. Use merge() or chain() to add its items`,
      );
    }
    throw new TypeError(`${place} is not a section, but ${describe(value)}`);
  });
}

/** @throws {TypeError} when the value cannot be the beginning of a flow. */
export function requireSource(operation: string, value: unknown): void {
  if (value !== undefined && isSource(value)) return;
  const section = descriptionOf(value);
  if (section !== undefined) {
    throw new TypeError(
      `${operation}(): no input; the first argument is the section ${section.name}(), and not a source`,
    );
  }
  if (value === undefined) throw new TypeError(`${operation}(): no input; the first argument must be a source`);
  throw new TypeError(
    `${operation}(): the first argument must be a source (iterable, channel, flow, or a function that returns one), ` +
      `not ${describe(value)}`,
  );
}

/** @throws {TypeError} when a section does not fit to the one before it. */
export function requirePlan(source: unknown, sections: readonly SectionDescription[]): void {
  let all = sections;
  let inner = source;
  for (let flow = sourceDescriptionOf(inner); flow !== undefined; flow = sourceDescriptionOf(inner)) {
    all = [...flow.sections, ...all];
    inner = flow.source;
  }
  // The value of a function is only seen when the flow is consumed.
  if (typeof inner !== 'function') planOf(all, new Labels(undefined));
}

function describe(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value);
  return Object.getPrototypeOf(value)?.constructor?.name ?? 'an object';
}
