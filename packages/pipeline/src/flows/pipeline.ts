import type { Section } from '../describing/section.ts';
import type { Source } from '../describing/source.ts';
import { requireSections, requireSource } from './checks.ts';
import { flowOf } from './flow.ts';
import type { Flow } from './flow.ts';

/**
 * Describes a pipeline: a source, and the sections that its items pass, one after the other. Nothing happens until the flow
 * is consumed, by `forEach`, `toArray`, `open`, or another of its methods, or by `openPipeline`. Not a checkpoint.
 *
 * @param source an iterable, an async iterable, a channel, another flow, or a function that returns one of these. A function
 * is called each time the flow is consumed.
 * @throws {TypeError} when there is no source, or when an argument is not a section; it says which.
 * @example
 * const lines = ['{ "level": "error", "text": "disk full" }', '{ "level": "info", "text": "begun" }'];
 * const parse = (line: string): { level: string; text: string } => JSON.parse(line);
 * const errors = pipeline(lines, map(parse), filter(({ level }) => level === 'error'), batch({ size: 100 }));
 * await errors.forEach((entries) => console.log(entries.length));
 */
export function pipeline<A>(source: Source<A>): Flow<A>;
export function pipeline<A, B>(source: Source<A>, a: Section<NoInfer<A>, B>): Flow<B>;
export function pipeline<A, B, C>(source: Source<A>, a: Section<NoInfer<A>, B>, b: Section<NoInfer<B>, C>): Flow<C>;
export function pipeline<A, B, C, D>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
): Flow<D>;
export function pipeline<A, B, C, D, E>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
): Flow<E>;
export function pipeline<A, B, C, D, E, F>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
): Flow<F>;
export function pipeline<A, B, C, D, E, F, G>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
): Flow<G>;
export function pipeline<A, B, C, D, E, F, G, H>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
): Flow<H>;
export function pipeline<A, B, C, D, E, F, G, H, I>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
  h: Section<NoInfer<H>, I>,
): Flow<I>;
export function pipeline<A, B, C, D, E, F, G, H, I, J>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
  h: Section<NoInfer<H>, I>,
  i: Section<NoInfer<I>, J>,
): Flow<J>;
export function pipeline<A, B, C, D, E, F, G, H, I, J, K>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
  h: Section<NoInfer<H>, I>,
  i: Section<NoInfer<I>, J>,
  j: Section<NoInfer<J>, K>,
): Flow<K>;
export function pipeline<A, B, C, D, E, F, G, H, I, J, K, L>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
  h: Section<NoInfer<H>, I>,
  i: Section<NoInfer<I>, J>,
  j: Section<NoInfer<J>, K>,
  k: Section<NoInfer<K>, L>,
): Flow<L>;
export function pipeline<A, B, C, D, E, F, G, H, I, J, K, L, M>(
  source: Source<A>,
  a: Section<NoInfer<A>, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
  h: Section<NoInfer<H>, I>,
  i: Section<NoInfer<I>, J>,
  j: Section<NoInfer<J>, K>,
  k: Section<NoInfer<K>, L>,
  l: Section<NoInfer<L>, M>,
): Flow<M>;
export function pipeline(...args: unknown[]): Flow<unknown> {
  const [source, ...sections] = args;
  requireSource('pipeline', source);
  return flowOf(source, requireSections('pipeline', sections, 2));
}
