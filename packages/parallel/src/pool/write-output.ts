/** Writes what a thread has written, to the same stream of this process. */
export function writeOutput(descriptor: number, data: string | Uint8Array): void {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  stream.write(data);
}
