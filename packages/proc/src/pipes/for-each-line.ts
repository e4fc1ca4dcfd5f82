import { ReceiveLimitError } from '@tercet/streams';
import { LineSplitter } from '@tercet/streams/lowlevel';

/**
 * Calls `onLine` with each line of UTF-8 text, without its end, which is `\n` or `\r\n`; what follows the last one is a
 * line too. The next one is not begun before the promise that `onLine` may return has settled.
 *
 * @param maxBytes how long a line may be. @returns whether none was longer; with the first one that is, this ends.
 */
export async function forEachLine(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onLine: (line: string) => unknown,
): Promise<boolean> {
  const splitter = new LineSplitter({ maxBytes });
  let isFirst = true;
  let isCalling = false;
  const pass = async (lines: Iterable<string>): Promise<void> => {
    for (const line of lines) {
      isCalling = true;
      await onLine(isFirst ? withoutByteOrderMark(line) : line);
      isCalling = false;
      isFirst = false;
    }
  };
  try {
    for await (const chunk of source) await pass(splitter.push(chunk));
    await pass(splitter.end());
    return true;
  } catch (error) {
    if (isCalling || !(error instanceof ReceiveLimitError)) throw error;
    return false;
  }
}

function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
