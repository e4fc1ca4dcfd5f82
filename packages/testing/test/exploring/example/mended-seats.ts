import type { Journal } from './seats.ts';

export class Seats {
  free: number;

  constructor(free: number) {
    this.free = free;
  }

  async reserve(count: number, write: Journal): Promise<boolean> {
    if (count > this.free) return false;
    this.free -= count;
    try {
      await write(`${count} seats`);
    } catch (error) {
      this.free += count;
      throw error;
    }
    return true;
  }
}
