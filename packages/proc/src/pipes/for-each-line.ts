/**
 * Calls `onLine` with each line of UTF-8 text, without its end, which is `\n` or `\r\n`; what follows the last one is a
 * line too. The next one is not begun before the promise that `onLine` may return has settled.
 */
export async function forEachLine(source: AsyncIterable<Uint8Array>, onLine: (line: string) => unknown): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) await onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
  rest += decoder.decode();
  if (rest !== '') await onLine(rest);
}
