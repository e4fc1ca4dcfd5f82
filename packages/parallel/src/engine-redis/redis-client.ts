import type { Redis } from 'ioredis';
import type { RedisPackages } from './load-packages.ts';
import type { CheckedRedisOptions } from './redis-options.ts';

/** Milliseconds before the first attempt to reconnect; the pause doubles up to the longest one. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;
/** Milliseconds that the server has to close a socket before it is destroyed here. */
const LAST_WORDS = 100;

/** Makes a client that connects, and reconnects when the connection is lost. Its commands wait for the connection. */
export function makeClient({ Redis: Client }: RedisPackages, options: CheckedRedisOptions): Redis {
  if (options.connect !== undefined) return options.connect() as Redis;
  const settings = {
    disconnectTimeout: LAST_WORDS,
    retryStrategy: (times: number) => Math.min(FIRST_PAUSE * 2 ** Math.min(times - 1, 10), LONGEST_PAUSE),
    ...options.connection,
    // BullMQ requires this: a command waits for a connection without a limit.
    maxRetriesPerRequest: null,
  };
  return options.url === undefined ? new Client(settings) : new Client(options.url, settings);
}

/** Records the duplicates of a client: BullMQ makes one for blocking commands, and does not always close it. */
export function copiesOf(client: Redis): readonly Redis[] {
  const copies: Redis[] = [];
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (...args: Parameters<Redis['duplicate']>): Redis => {
    const copy = duplicate(...args);
    copies.push(copy);
    return copy;
  };
  return copies;
}

/** Waits for the first connection. @throws {Error} when it takes too long, with the client's last error as its cause. */
export async function firstConnection(client: Redis, { connectTimeout }: CheckedRedisOptions): Promise<void> {
  if (isReady(client)) return;
  let last: unknown;
  const onError = (error: unknown): void => void (last = error);
  client.on('error', onError);
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const { message } = (last ?? new Error('no answer')) as Error;
        reject(new Error(`Redis could not be reached within ${connectTimeout} ms: ${message}`, { cause: last }));
      }, connectTimeout);
      client.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  } catch (error) {
    client.disconnect();
    throw error;
  } finally {
    client.off('error', onError);
  }
}

// A cluster calls itself connected, but never ready.
function isReady({ status }: Redis): boolean {
  return status === 'ready' || (status as string) === 'connect';
}

/** Waits for a promise, but at most for a time, and ignores its outcome: a lost connection may keep it pending for ever. */
export async function briefly(work: Promise<unknown>, milliseconds = 1000): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([work.then(ignore, ignore), over]);
  clearTimeout(timer);
}

function ignore(): void {
  // The connection is being closed, so no error matters.
}
