import { IncompleteReceiveError, ReceiveLimitError } from '@tercet/streams';
import { sectionOf } from '../describing/section.ts';
import type { Section } from '../describing/section.ts';
import type { Step } from '../running/input.ts';
import { requireCount } from '../sections/require.ts';
import { toBuffer } from './splitter.ts';

/**
 * For `frames`.
 *
 * @example
 * const options: FrameOptions = { lengthBytes: 2, maxBytes: 1024 };
 * const bytes = Buffer.from([0, 2, 104, 105, 0, 1, 33]);
 * await pipeline([bytes], frames(options), decode()).toArray(); // ['hi', '!']
 */
export interface FrameOptions {
  /** How many bytes the length in front of each frame has: 1 to 6, the most significant first. */
  readonly lengthBytes: number;
  /** How long a frame may be, in bytes. */
  readonly maxBytes: number;
}

/**
 * The frames of bytes in which each one comes after its length. The pipeline fails with a `ReceiveLimitError` that says where,
 * when a frame is longer than `maxBytes`, and with an `IncompleteReceiveError` when the last one is cut off.
 *
 * @throws {RangeError} when a number does not fit.
 * @example
 * const framed = [new Uint8Array([0, 2, 65, 66, 0, 1, 67])];
 * const bodies = await pipeline(framed, frames({ lengthBytes: 2, maxBytes: 1000 })).toArray(); // 'AB' and 'C' as bytes
 */
export function frames(options: FrameOptions): Section<Uint8Array, Uint8Array> {
  const lengthBytes = requireCount('frames', 'lengthBytes', options?.lengthBytes, 1);
  const maxBytes = requireCount('frames', 'maxBytes', options.maxBytes, 1);
  if (lengthBytes > 6) throw new RangeError(`frames(): lengthBytes must be from 1 to 6, not ${lengthBytes}`);
  return sectionOf({
    kind: 'sync',
    name: 'frames',
    build: (next, place) => {
      let chunks: Buffer[] = [];
      let length = 0;
      let position = 0;
      /** How many bytes have to be there before anything can be said. */
      let needed = lengthBytes;
      const take = (): Buffer | undefined => {
        while (length >= needed) {
          const [first] = chunks;
          const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
          chunks = [bytes];
          const size = bytes.readUIntBE(0, lengthBytes);
          if (size > maxBytes) {
            throw place.blame(
              new ReceiveLimitError(
                `frames(): a frame of ${size} bytes at byte ${position}; at most ${maxBytes} are allowed`,
              ),
            );
          }
          const whole = lengthBytes + size;
          needed = whole;
          if (length < whole) return undefined;
          const frame = Buffer.from(bytes.subarray(lengthBytes, whole));
          chunks = length > whole ? [bytes.subarray(whole)] : [];
          length -= whole;
          position += whole;
          needed = lengthBytes;
          return frame;
        }
        return undefined;
      };
      const giveAll = (): ReturnType<Step> => {
        for (let frame = take(); frame !== undefined && !place.isOver; frame = take()) {
          const pending = next(frame);
          if (pending !== undefined) return goOn(pending);
        }
        return undefined;
      };
      const goOn = async (pending: PromiseLike<unknown>): Promise<void> => {
        await pending;
        for (let frame = take(); frame !== undefined && !place.isOver; frame = take()) await next(frame);
      };
      return {
        step: (chunk) => {
          const bytes = Buffer.from(toBuffer(chunk as Uint8Array));
          chunks.push(bytes);
          length += bytes.length;
          return giveAll();
        },
        holds: () => length > 0,
        flush: () => {
          if (length === 0) return undefined;
          throw place.blame(
            new IncompleteReceiveError(
              `frames(): the bytes end within the frame at byte ${position}, after ${length} bytes of it`,
            ),
          );
        },
      };
    },
  });
}
