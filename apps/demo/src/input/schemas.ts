import * as v from 'valibot';

// What several kinds of input are made of. The texts complete the sentence "jobs.build.timeout must be …".

/** Valibot takes a list for an object with the keys 0, 1, …; nobody who writes a file does. */
export function mapping<T>(entries: v.GenericSchema<unknown, T>, text: string): v.GenericSchema<unknown, T> {
  return v.pipe(v.unknown(), v.check(isMapping, text), entries);
}

export function isMapping(input: unknown): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

export const word: v.GenericSchema<unknown, string> = v.pipe(v.string('text'), v.nonEmpty('text that is not empty'));

export function wholeNumber(least: number, most: number = Infinity): v.GenericSchema<unknown, number> {
  const text = most === Infinity ? `a whole number from ${least} on` : `a whole number from ${least} to ${most}`;
  return v.pipe(v.number(text), v.integer(text), v.minValue(least, text), v.maxValue(most, text));
}
