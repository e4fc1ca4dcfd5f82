import { describe, expect, it } from '@jest/globals';
import { ExceptionGroup, handleGroup } from '@tercet/core';
import { thrownBy } from '../run-virtually.ts';

const [a, b, c] = [new TypeError('a'), new RangeError('b'), new TypeError('c')] as const;
const group = new ExceptionGroup('outer', [a, new ExceptionGroup('inner', [b, c])]);

describe('UTL-003: handleGroup', () => {
  it('gives each clause the part that it matches, in order, and is done when nothing is left', async () => {
    const seen: unknown[] = [];
    await handleGroup(
      group,
      [SyntaxError, (): unknown => seen.push('never called')],
      [TypeError, (part): unknown => seen.push(part.leaves())],
      [Error, (part): unknown => seen.push(part.leaves())],
      [Error, (): unknown => seen.push('nothing is left')],
    );
    expect(seen).toEqual([[a, c], [b]]);
  });

  it('throws on what nobody has handled, with its shape', async () => {
    const rest = (await thrownBy(() => handleGroup(group, [TypeError, (): undefined => undefined]))) as ExceptionGroup;
    expect(rest).toBeInstanceOf(ExceptionGroup);
    expect([rest.message, rest.leaves()]).toEqual(['outer', [b]]);
  });

  it('throws on the very error when no clause matches', async () => {
    expect(await thrownBy(() => handleGroup(group, [SyntaxError, (): undefined => undefined]))).toBe(group);
    expect(await thrownBy(() => handleGroup(a, [SyntaxError, (): undefined => undefined]))).toBe(a);
    expect(await thrownBy(() => handleGroup(a))).toBe(a);
  });

  it('takes an error that is no group for a group of one', async () => {
    let seen: ExceptionGroup | undefined;
    await handleGroup(a, [TypeError, (part): unknown => (seen = part)]);
    expect(seen!.errors).toEqual([a]);
  });

  it('awaits its handlers, and throws what they throw beside what is left', async () => {
    const order: string[] = [];
    const problem = new Error('in the handler');
    const clause = async (): Promise<void> => {
      await Promise.resolve();
      order.push('first');
      throw problem;
    };
    const error = (await thrownBy(() =>
      handleGroup(group, [RangeError, clause], [SyntaxError, (): unknown => order.push('never')]),
    )) as ExceptionGroup;
    expect(order).toEqual(['first']);
    expect(error.leaves()).toEqual([problem, a, c]);
    expect(await thrownBy(() => handleGroup(group, [Error, clause]))).toBe(problem);
  });

  it('asks a predicate for single errors only', async () => {
    const asked: unknown[] = [];
    await handleGroup(group, [(error: unknown): boolean => asked.push(error) > 0, (): undefined => undefined]);
    expect(asked).toEqual([a, b, c]);
  });
});
