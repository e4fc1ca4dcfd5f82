/**
 * Random numbers that are the same on every runtime: sfc32, from PractRand.
 *
 * @param seed a safe integer.
 * @returns a function that returns the next number, from 0 to 1, without 1.
 * @example
 * const random = seededRandom(7);
 * const dice = (): number => 1 + Math.floor(random() * 6);
 * [dice(), dice(), dice()]; // the same three on every runtime
 */
export function seededRandom(seed: number): () => number {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first numbers of neighbouring seeds are alike.
  for (let round = 0; round < 12; round++) next();
  return next;
}
