import { describe, expect, it } from '@jest/globals';
import { Fifo } from '../../src/channels/fifo.ts';

describe('Fifo', () => {
  it('keeps the order while it grows, with its first item anywhere', () => {
    for (let offset = 0; offset < 20; offset++) {
      const fifo = new Fifo();
      for (let index = 0; index < offset; index++) fifo.push('before');
      for (let index = 0; index < offset; index++) fifo.shift();
      for (let index = 0; index < 40; index++) fifo.push(index);
      expect(fifo.length).toBe(40);
      expect(Array.from({ length: 40 }, () => fifo.shift())).toEqual(Array.from({ length: 40 }, (_, index) => index));
      expect(fifo.length).toBe(0);
    }
  });

  it('is usable after a burst, and after it was cleared', () => {
    const fifo = new Fifo();
    for (let index = 0; index < 5000; index++) fifo.push(index);
    for (let index = 0; index < 5000; index++) expect(fifo.shift()).toBe(index);
    fifo.push('a');
    fifo.clear();
    expect(fifo.length).toBe(0);
    fifo.push('b');
    expect(fifo.shift()).toBe('b');
  });
});
