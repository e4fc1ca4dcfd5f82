// A client that resumes a session does not verify the server again. Not every version of Node prevents using a session for
// another server, so each session is marked with the name of its server.

const PREFIX = Buffer.from('tercet:session:1:');

/** A session with the name of its server. */
export function markedSession(session: Uint8Array, host = ''): Uint8Array {
  return Buffer.concat([PREFIX, Buffer.from(`${Buffer.byteLength(host)}:${host}`), session]);
}

/**
 * The session as Node takes it; `undefined` if it is one of another server. A session without a mark is used only if the
 * server is not verified anyway.
 */
export function sessionFor(session: Uint8Array, host: string | undefined, isVerified: boolean): Buffer | undefined {
  const bytes = Buffer.from(session.buffer, session.byteOffset, session.byteLength);
  const head = Buffer.from(markedSession(new Uint8Array(), host));
  if (bytes.subarray(0, head.length).equals(head)) return bytes.subarray(head.length);
  const isMarked = bytes.subarray(0, PREFIX.length).equals(PREFIX);
  return isMarked || isVerified ? undefined : bytes;
}
