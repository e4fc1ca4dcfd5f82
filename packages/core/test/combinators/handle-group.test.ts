import { describe, expect, it } from '@jest/globals';
import { ExceptionGroup, handleGroup, UnawaitedError } from '@tercet/core';
import { thrownBy } from '../run-virtually.ts';

const [a, b, c] = [new TypeError('a'), new RangeError('b'), new TypeError('c')] as const;
const group = new ExceptionGroup('outer', [a, new ExceptionGroup('inner', [b, c])]);

describe('UTL-003: handleGroup', () => {
  it('gives each clause the part that it matches, in order, and stops when nothing is left', async () => {
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

  it('rethrows the errors that no clause matches, with their nesting', async () => {
    const rest = (await thrownBy(() => handleGroup(group, [TypeError, (): undefined => undefined]))) as ExceptionGroup;
    expect(rest).toBeInstanceOf(ExceptionGroup);
    expect([rest.message, rest.leaves()]).toEqual(['outer', [b]]);
  });

  it('rethrows the very error when no clause matches', async () => {
    expect(await thrownBy(() => handleGroup(group, [SyntaxError, (): undefined => undefined]))).toBe(group);
    expect(await thrownBy(() => handleGroup(a, [SyntaxError, (): undefined => undefined]))).toBe(a);
    expect(await thrownBy(() => handleGroup(a))).toBe(a);
  });

  it('treats an error that is not a group as a group of one', async () => {
    let seen: ExceptionGroup | undefined;
    await handleGroup(a, [TypeError, (part): unknown => (seen = part)]);
    expect(seen!.errors).toEqual([a]);
  });

  it('awaits its handlers, and throws their errors beside those that are left', async () => {
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

it('N-7, ER-1: a handler gets a typed group of the errors that its match selects', async () => {
  const seen: string[] = [];
  await handleGroup(
    new ExceptionGroup('all', [new UnawaitedError('text', ['sleep']), b, 'text']),
    [UnawaitedError, (part) => seen.push(part.leaves()[0]!.operations.join())],
    [(error: unknown): error is string => typeof error === 'string', (part) => seen.push(...part.leaves())],
    [Error, ({ errors }) => seen.push((errors[0] as Error).message)],
  );
  expect(seen).toEqual(['sleep', 'text', 'b']);
});

it('C-7: looks for the parts of a group in itself, and of errors that cannot be read', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const strange = new ExceptionGroup<unknown>('strange', [a, proxy]);
  strange.errors.push(strange);
  const rest = (await thrownBy(() => handleGroup(strange, [TypeError, (): undefined => undefined]))) as ExceptionGroup;
  expect(rest.leaves().length).toBe(1);
  // Not returned from an async function: that would look for a `then` in it.
  let bare: unknown;
  await handleGroup(proxy, [TypeError, (): undefined => undefined]).catch((error: unknown) => void (bare = error));
  expect(bare === proxy).toBe(true);
});
