// A client that resumes a session does not verify the server again. Node has not always kept a session from being used for
// another server than the one that was verified then, so each bears the name of that server.

const PREFIX = Buffer.from('tercet:session:1:');

/** A session that a client keeps, with the name of its server. */
export function markedSession(session: Uint8Array, host = ''): Uint8Array {
  return Buffer.concat([PREFIX, Buffer.from(`${Buffer.byteLength(host)}:${host}`), session]);
}

/**
 * The session that can be used for a server, as Node takes it; `undefined` when it is one of another server. One that does
 * not say whose it is can be used when the server is not verified anyway.
 */
export function sessionFor(session: Uint8Array, host: string | undefined, isVerified: boolean): Buffer | undefined {
  const bytes = Buffer.from(session.buffer, session.byteOffset, session.byteLength);
  const head = Buffer.from(markedSession(new Uint8Array(), host));
  if (bytes.subarray(0, head.length).equals(head)) return bytes.subarray(head.length);
  const isMarked = bytes.subarray(0, PREFIX.length).equals(PREFIX);
  return isMarked || isVerified ? undefined : bytes;
}
