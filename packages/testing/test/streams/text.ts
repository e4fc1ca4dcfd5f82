const decoder = new TextDecoder();

/** Received bytes as text, and the end as `null`. */
export function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decoder.decode(bytes);
}
