import type { ReceiveStream, SendStream } from '@tercet/streams';
import { StandardReceiveStream } from './standard-receive-stream.ts';
import { StandardSendStream } from './standard-send-stream.ts';

/**
 * Opens a stream on the standard input of this program. Reading starts at once: a child process that inherits the input
 * does not get the bytes that are read here.
 *
 * The stream keeps the process alive until it is closed or reaches the end of the input. Closing it does not close the input:
 * bytes that have arrived and were not received go to the next stream that is opened. Streams that are open at the same time
 * share the input: each byte goes to one of them, and only one task at a time may wait for more.
 *
 * @example
 * await using input = openStdin();
 * for await (const chunk of input) count += chunk.length;
 */
export function openStdin(): ReceiveStream {
  return new StandardReceiveStream();
}

/**
 * Opens a stream to the standard output of this program. Unlike `console.log`, it has back-pressure: `sendAll` waits until
 * the bytes have been written. It throws `BrokenResourceError` when the reader of the output has gone away.
 *
 * Closing the stream waits until everything has been written. It does not close the output, which other code may use too.
 *
 * @example
 * await openStdout().sendAll('hello\n');
 */
export function openStdout(): SendStream {
  return new StandardSendStream('stdout');
}

/**
 * Opens a stream to the standard error of this program, in the same way as `openStdout`.
 *
 * @example
 * await openStderr().sendAll('careful\n');
 */
export function openStderr(): SendStream {
  return new StandardSendStream('stderr');
}
