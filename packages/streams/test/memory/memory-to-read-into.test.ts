import { expect, it } from '@jest/globals';
import { memoryToReadInto } from '../../src/memory/memory-to-read-into.ts';

it('memory to read into has the size asked for, and unused bytes before and behind it', () => {
  for (const size of [1, 4096, 65_536, 262_144]) {
    const memory = memoryToReadInto(size);
    expect(memory).toHaveLength(size);
    expect(memory.byteOffset).toBe(48);
    expect(memory.buffer.byteLength - memory.byteOffset - size).toBe(64);
  }
});
