import { expect, it } from '@jest/globals';
import { Context, ContextVar, copyContext } from '@tercet/context';
import type { Token } from '@tercet/context';

// The type check reads these functions. They are never called.

function compiles(count: ContextVar<number>): unknown[] {
  const certain: number = count.get();
  const orElse: number | 'none' = count.get('none');
  const token: Token<number> = count.set(1);
  const text: string = count.run(2, () => 'text');
  const promised: Promise<string> = copyContext().run(async () => 'text');
  const found: number | undefined = new Context().get(count);
  using _ = token;
  return [certain, orElse, text, promised, found];
}

function doesNotCompile(count: ContextVar<number>, token: Token<string>): unknown[] {
  // @ts-expect-error: the value has another type
  count.set('one');
  // @ts-expect-error: a fallback may be what get() returns
  const certain: number = count.get(undefined);
  // @ts-expect-error: a variable of a wider type is not assignable to one of a narrower type
  const narrow: ContextVar<1 | 2> = count;
  // @ts-expect-error: nor the other way round, because it can also be set
  const wide: ContextVar<number | string> = count;
  // @ts-expect-error: a promise is not a function
  count.run(1, Promise.resolve());
  // @ts-expect-error: a variable has a name
  const nameless = new ContextVar<number>();
  // @ts-expect-error: the default has another type
  const wrongDefault = new ContextVar<number>('count', { default: 'none' });
  // @ts-expect-error: a variable of this type cannot have made that token
  count.reset(token);
  // @ts-expect-error: only copyContext makes a Context with values
  const made = new Context(new Map());
  return [certain, narrow, wide, nameless, wrongDefault, made];
}

it('has types that the compiler checks', () => {
  expect([compiles, doesNotCompile]).toHaveLength(2);
});
