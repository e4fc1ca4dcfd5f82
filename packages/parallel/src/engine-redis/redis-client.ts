import type { Redis } from 'ioredis';
import type { RedisPackages } from './load-packages.ts';
import type { CheckedRedisOptions } from './redis-options.ts';

/** Milliseconds before a lost connection is tried again: at first, and at most. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;
/** Milliseconds after which a socket is destroyed that the other side does not close. */
const LAST_WORDS = 100;

/** Makes a client that connects, and connects again whenever that is needed. Its commands wait meanwhile, and do not fail. */
export function makeClient({ Redis: Client }: RedisPackages, options: CheckedRedisOptions): Redis {
  if (options.connect !== undefined) return options.connect() as Redis;
  const settings = {
    disconnectTimeout: LAST_WORDS,
    retryStrategy: (times: number) => Math.min(FIRST_PAUSE * 2 ** Math.min(times - 1, 10), LONGEST_PAUSE),
    ...options.connection,
    // BullMQ insists on it: a command waits as long as it has to.
    maxRetriesPerRequest: null,
  };
  return options.url === undefined ? new Client(settings) : new Client(options.url, settings);
}

/** Lists the copies that are made of a client: BullMQ makes one to wait with, and does not always end it. */
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

/** Waits for the first connection. @throws {Error} when it takes too long, with what the client has said last as its cause. */
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

/** Waits for a promise, but not for long, and not for what it brings: of what may wait for a connection that does not come back. */
export async function briefly(work: Promise<unknown>, milliseconds = 1000): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([work.then(ignore, ignore), over]);
  clearTimeout(timer);
}

function ignore(): void {
  // Whatever it was: the connection ends.
}
