import type { StartConfig } from '../protocol/messages.ts';

type Write = typeof process.stdout.write;

/**
 * Sends what this worker writes to its standard streams the same way as its answers, so that a job's output comes before its
 * result: a thread's own streams have a channel of their own. A process writes to the streams that it shares with its parent,
 * and at most gets its prefix.
 *
 * @param send takes a descriptor and what is written.
 */
export function captureOutput(
  { kind, name, output }: StartConfig,
  send: (descriptor: number, data: string | Uint8Array) => void,
): void {
  if (kind === 'process' && output !== 'prefix') return;
  for (const [descriptor, stream] of [
    [1, process.stdout],
    [2, process.stderr],
  ] as const) {
    const original = stream.write.bind(stream) as (data: string | Uint8Array) => boolean;
    const write = kind === 'process' ? original : (data: string | Uint8Array) => send(descriptor, data);
    const out = output === 'prefix' ? prefixing(`${name}: `, write) : write;
    stream.write = ((data: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
      if (output !== 'ignore') out(typeof encoding === 'string' ? decoded(data, encoding) : data);
      const done = typeof encoding === 'function' ? encoding : callback;
      if (typeof done === 'function') process.nextTick(done as () => void);
      return true;
    }) as Write;
  }
}

function decoded(data: string | Uint8Array, encoding: string): string | Uint8Array {
  return typeof data === 'string' && encoding !== 'utf8' ? Buffer.from(data, encoding as BufferEncoding) : data;
}

/** Puts a text in front of each line. */
function prefixing(prefix: string, write: (data: string) => unknown): (data: string | Uint8Array) => void {
  const decoder = new TextDecoder();
  let begins = true;
  return (data) => {
    const text = typeof data === 'string' ? data : decoder.decode(data, { stream: true });
    if (text === '') return;
    const lines = text.replaceAll(/\n(?=.)/gs, `\n${prefix}`);
    write(begins ? prefix + lines : lines);
    begins = text.endsWith('\n');
  };
}
