import * as v from 'valibot';
import { shorten } from '../text/shorten.ts';
import { mostProblems, type Problem } from './input-error.ts';
import type { ParsedText } from './parse-text.ts';

/** The schema of an input, and what its error messages need. */
export interface InputKind<T> {
  /** `a job file`. */
  readonly name: string;
  readonly schema: v.GenericSchema<unknown, T>;
  /** The keys that may stand beside the last one of these. */
  readonly knownKeys: (keys: readonly PropertyKey[]) => readonly string[];
}

const longestValue = 100;

/** Data that fits the schema; or the first problems, and how many there are. */
export type Validated<T> =
  { readonly input: T } | { readonly input?: undefined; readonly problems: readonly Problem[]; readonly total: number };

/** Checks the data against the schema; each problem is put where it stands in the text. */
export function validate<T>({ value, placeOf }: ParsedText, kind: InputKind<T>): Validated<T> {
  const result = v.safeParse(kind.schema, value, { abortPipeEarly: true });
  if (result.success) return { input: result.output };
  const problems = result.issues.slice(0, mostProblems).map((issue): Problem => {
    const keys = issue.path?.map(({ key }) => key as PropertyKey) ?? [];
    const concernsKey = issue.path?.at(-1)?.origin === 'key';
    return { place: placeOf(keys, concernsKey ? 'key' : 'value'), text: describe(issue, keys, concernsKey, kind) };
  });
  return { problems, total: result.issues.length };
}

function describe(
  issue: v.BaseIssue<unknown>,
  keys: readonly PropertyKey[],
  concernsKey: boolean,
  { name, knownKeys }: InputKind<unknown>,
): string {
  const subject = keys.length === 0 ? name : pathOf(keys);
  if (issue.type !== 'strict_object' || !concernsKey) {
    const found = concernsKey ? `"${nameOf(keys.at(-1))}"` : shown(issue.input);
    return `${concernsKey ? `a key of ${parentOf(keys)}` : subject} must be ${issue.message}, not ${found}`;
  }
  const key = nameOf(keys.at(-1));
  return issue.expected === 'never'
    ? `unknown key "${key}" in ${parentOf(keys)}; known are ${knownKeys(keys).join(', ')}`
    : `${parentOf(keys)} lacks the key "${key}"`;
}

function parentOf(keys: readonly PropertyKey[]): string {
  return keys.length === 1 ? 'the file' : pathOf(keys.slice(0, -1));
}

function pathOf(keys: readonly PropertyKey[]): string {
  return keys.map(nameOf).join('.');
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return sizeOf(value) === 0 ? 'an empty mapping' : 'a mapping';
  return JSON.stringify(typeof value === 'string' ? shorten(value, longestValue) : value);
}

function sizeOf(mapping: object): number {
  return mapping instanceof Map ? mapping.size : Object.keys(mapping).length;
}

function nameOf(key: unknown): string {
  return shorten(String(key), longestValue);
}
