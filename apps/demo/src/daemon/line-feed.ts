import { openMemoryChannel, type MemoryReceiveChannel, type MemorySendChannel } from '@tercet/sync';

/** An item for a subscriber: a line, or the number of lines that came too fast for it. */
export type FeedItem = { readonly line: string } | { readonly missed: number };

interface Subscriber {
  readonly channel: MemorySendChannel<FeedItem>;
  readonly capacity: number;
  missed: number;
}

/** Number of past lines that a new subscriber gets. */
const remembered = 20;

/**
 * The output of a job, for any number of readers. Each has a separate, bounded channel: a slow reader loses lines, and gets
 * their number instead. It never delays the job, and never takes more memory than its channel.
 */
export class LineFeed {
  readonly #subscribers = new Set<Subscriber>();
  readonly #recent: string[] = [];
  #ended = false;

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Never blocks. */
  publish(line: string): void {
    this.#recent.push(line);
    if (this.#recent.length > remembered) this.#recent.shift();
    for (const subscriber of this.#subscribers) offer(subscriber, line);
  }

  /** Lines are missing here, for all subscribers. */
  skip(count: number): void {
    for (const subscriber of this.#subscribers) subscriber.missed += count;
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
    for (const subscriber of this.#subscribers) {
      reportMissed(subscriber);
      subscriber.channel.close();
    }
    this.#subscribers.clear();
  }

  /**
   * Calls the body with a channel that yields the latest lines, then new ones, and ends when the job ends.
   *
   * @param capacity how many lines the subscriber may be behind.
   */
  async subscribe<R>(capacity: number, body: (lines: MemoryReceiveChannel<FeedItem>) => Promise<R>): Promise<R> {
    // One more place than for lines, so that the number of missed lines always fits.
    const [send, receive] = openMemoryChannel<FeedItem>(capacity + 1);
    const subscriber: Subscriber = { channel: send, capacity, missed: 0 };
    for (const line of this.#recent) offer(subscriber, line);
    if (this.#ended) {
      reportMissed(subscriber);
      send.close();
    } else {
      this.#subscribers.add(subscriber);
    }
    try {
      return await body(receive);
    } finally {
      this.#subscribers.delete(subscriber);
      send.close();
      receive.close();
    }
  }
}

function offer(subscriber: Subscriber, line: string): void {
  const { channel, capacity } = subscriber;
  // `sendNowait` would make an error for every line that does not fit, which costs more than sending one.
  if (channel.statistics().currentBufferUsed >= capacity) {
    subscriber.missed++;
    return;
  }
  reportMissed(subscriber);
  channel.sendNowait({ line });
}

function reportMissed(subscriber: Subscriber): void {
  if (subscriber.missed === 0) return;
  subscriber.channel.sendNowait({ missed: subscriber.missed });
  subscriber.missed = 0;
}
