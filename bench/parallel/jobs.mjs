// The job of every contestant: adds two numbers, or sums what it is given.
export const add = (a, b) => a + b;
export async function addAsync(a, b) {
  return a + b;
}
export const byteLength = (data) => data.byteLength;
export const back = (data) => data;
export function* numbers(count) {
  for (let number = 0; number < count; number++) yield number;
}
