import * as v from 'valibot';

// The parts that several kinds of input share. The texts complete the sentence "jobs.build.timeout must be …".

/** A mapping whose keys are known: `entries` gets it as an object. */
export function mapping<T>(entries: v.GenericSchema<unknown, T>, text: string): v.GenericSchema<unknown, T> {
  return v.pipe(v.unknown(), v.check(isMapping, text), v.transform(toObject), entries);
}

/** A mapping whose keys are names that the writer of the file has chosen. It stays a Map: in an object some names are lost. */
export function names<T>(
  name: v.GenericSchema<string>,
  value: v.GenericSchema<unknown, T>,
  text: string,
  most: number = Infinity,
): v.GenericSchema<unknown, ReadonlyMap<string, T>> {
  const isSmall = (input: unknown): boolean => sizeOf(input) <= most;
  return v.pipe(
    v.unknown(),
    v.check(isMapping, text),
    v.check(isSmall, `${text}, at most ${most} of them`),
    v.map(name, value),
  );
}

export function isMapping(input: unknown): boolean {
  return input instanceof Map;
}

function toObject(input: unknown): object {
  return Object.fromEntries(input as Map<string, unknown>);
}

function sizeOf(input: unknown): number {
  return (input as ReadonlyMap<unknown, unknown>).size;
}

/** No text that is passed to the system may have a NUL: a program, an argument, a variable, a path. */
export function withoutNul(text: string): boolean {
  return !text.includes('\0');
}

/** May be empty. */
export const text: v.GenericSchema<unknown, string> = v.pipe(
  v.string('text'),
  v.check(withoutNul, 'text without NUL characters'),
);

export const word: v.GenericSchema<unknown, string> = v.pipe(text, v.nonEmpty('text that is not empty'));

export function wholeNumber(least: number, most: number = Infinity): v.GenericSchema<unknown, number> {
  const text = most === Infinity ? `a whole number from ${least} on` : `a whole number from ${least} to ${most}`;
  return v.pipe(v.number(text), v.integer(text), v.minValue(least, text), v.maxValue(most, text));
}
