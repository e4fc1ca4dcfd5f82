// The jobs of the bundled program: an entry of their own.
import { sleepForever } from '@tercet/core';
import { cancelRequested, registerError, report, transfer, workerInfo } from '@tercet/parallel/worker';
import { OutOfStockError } from './errors.ts';

registerError(OutOfStockError);

export interface Point {
  readonly x: number;
  readonly y: number;
}

export function norm({ x, y }: Point): number {
  return Math.hypot(x, y);
}
export function where(): string | undefined {
  return workerInfo()?.name;
}
export function order(): never {
  throw new OutOfStockError('no bread');
}
export async function waitForever(): Promise<void> {
  report('begun');
  await sleepForever();
}
export function spin(): string {
  report('begun');
  while (!cancelRequested());
  return 'asked';
}
export async function* count(end: number): AsyncGenerator<number> {
  for (let number = 0; number < end; number++) yield number;
}

const given = new Uint8Array(1000);
/** Moves an array; nothing is left of it here. */
export function give(): Uint8Array {
  return transfer(given, [given.buffer]);
}
export function left(): number {
  return given.byteLength;
}
