/** Takes up to `most` bytes out of the front of a list of chunks, and gives them as one. */
export function takeBytes(chunks: Uint8Array[], most: number): Uint8Array {
  const taken: Uint8Array[] = [];
  let length = 0;
  for (let chunk = chunks[0]; chunk !== undefined && length < most; chunk = chunks[0]) {
    const part = chunk.subarray(0, most - length);
    taken.push(part);
    length += part.length;
    if (part.length === chunk.length) chunks.shift();
    else chunks[0] = chunk.subarray(part.length);
  }
  return joinBytes(taken, length);
}

function joinBytes(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}
