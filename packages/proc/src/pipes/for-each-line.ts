import { ReceiveLimitError } from '@tercet/streams';
import { LineSplitter } from '@tercet/streams/lowlevel';

/**
 * Calls `onLine` with each line of UTF-8 text, without its `\n` or `\r\n`. Text after the last line end is a line too. If
 * `onLine` returns a promise, the next line waits for it.
 *
 * @param maxBytes the longest line allowed.
 * @returns false as soon as a line is longer; true at the end of the source.
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
