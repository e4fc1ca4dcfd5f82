import type { ReceiveStream, SendStream } from '@tercet/streams';
import { StandardReceiveStream } from './standard-receive-stream.ts';
import { StandardSendStream } from './standard-send-stream.ts';

/**
 * What this program reads. It begins to read at once, so that a process which inherits it gets nothing of that any more.
 *
 * Until it is closed, or has come to its end, it keeps the process alive. Closing it does not close the input itself: what
 * has come and was not received is given to the next one that is opened. Several that are open at a time share the input;
 * each byte goes to one of them, and only one task may wait for it.
 *
 * @example
 * await using input = openStdin();
 * for await (const chunk of input) count += chunk.length;
 */
export function openStdin(): ReceiveStream {
  return new StandardReceiveStream();
}

/**
 * This program's standard output. `sendAll` waits until the bytes have been written: back-pressure, which `console.log`
 * does not have. When nobody reads the output any more, it throws `BrokenResourceError`.
 *
 * Closing it waits until all has been written, and does not close the output itself, which other code may use as well.
 */
export function openStdout(): SendStream {
  return new StandardSendStream('stdout');
}

/** The same for standard error. */
export function openStderr(): SendStream {
  return new StandardSendStream('stderr');
}
