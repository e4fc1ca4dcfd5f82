import { checkpoint } from '@tercet/core';

/** Writes to the journal, on another machine. */
export type Journal = (entry: string) => Promise<void>;

export const journal: Journal = () => checkpoint();

export class Seats {
  free: number;

  constructor(free: number) {
    this.free = free;
  }

  async reserve(count: number, write: Journal): Promise<boolean> {
    if (count > this.free) return false;
    await write(`${count} seats`);
    this.free -= count;
    return true;
  }
}
