// Only its types are used, by the tests of types.
export const LIMIT = 3;

export function add(a: number, b: number): number {
  return a + b;
}
export async function load(id: string): Promise<{ readonly id: string }> {
  return { id };
}
export function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number++) yield number;
}
export async function* rows(file: string): AsyncGenerator<{ readonly row: string }> {
  yield { row: file };
}
export async function total(items: AsyncIterable<number>): Promise<number> {
  let sum = 0;
  for await (const item of items) sum += item;
  return sum;
}
export function isOld(): boolean {
  return false;
}
