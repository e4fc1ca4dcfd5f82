import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';
import { requireSections } from './checks.ts';

/**
 * Several sections as one, to be used like any other. Not a checkpoint.
 *
 * @throws {TypeError} when an argument is not a section.
 * @example
 * const entries = section(lines(), map(JSON.parse), filter(isEntry));
 * await pipeline(file, entries).forEach(store);
 */
export function section<A, B>(a: Section<A, B>): Section<A, B>;
export function section<A, B, C>(a: Section<A, B>, b: Section<NoInfer<B>, C>): Section<A, C>;
export function section<A, B, C, D>(
  a: Section<A, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
): Section<A, D>;
export function section<A, B, C, D, E>(
  a: Section<A, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
): Section<A, E>;
export function section<A, B, C, D, E, F>(
  a: Section<A, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
): Section<A, F>;
export function section<A, B, C, D, E, F, G>(
  a: Section<A, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
): Section<A, G>;
export function section<A, B, C, D, E, F, G, H>(
  a: Section<A, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
): Section<A, H>;
export function section<A, B, C, D, E, F, G, H, I>(
  a: Section<A, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
  h: Section<NoInfer<H>, I>,
): Section<A, I>;
export function section<A, B, C, D, E, F, G, H, I, J>(
  a: Section<A, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
  h: Section<NoInfer<H>, I>,
  i: Section<NoInfer<I>, J>,
): Section<A, J>;
export function section<A, B, C, D, E, F, G, H, I, J, K>(
  a: Section<A, B>,
  b: Section<NoInfer<B>, C>,
  c: Section<NoInfer<C>, D>,
  d: Section<NoInfer<D>, E>,
  e: Section<NoInfer<E>, F>,
  f: Section<NoInfer<F>, G>,
  g: Section<NoInfer<G>, H>,
  h: Section<NoInfer<H>, I>,
  i: Section<NoInfer<I>, J>,
  j: Section<NoInfer<J>, K>,
): Section<A, K>;
export function section<A, B, C, D, E, F, G, H, I, J, K, L>(
  a: Section<A, B>,
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
): Section<A, L>;
export function section<A, B, C, D, E, F, G, H, I, J, K, L, M>(
  a: Section<A, B>,
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
): Section<A, M>;
export function section(...sections: unknown[]): Section<unknown, unknown> {
  const descriptions = requireSections('section', sections, 1);
  if (descriptions.length === 0) throw new TypeError('section() takes at least one section');
  return sectionOf({ kind: 'composition', name: 'section', sections: descriptions });
}
