import { openMemoryChannel, type MemoryReceiveChannel, type MemorySendChannel } from '@tercet/sync';

/** What a subscriber gets: lines, and in place of those that came too fast for it, how many they were. */
export type FeedItem = { readonly line: string } | { readonly missed: number };

interface Subscriber {
  readonly channel: MemorySendChannel<FeedItem>;
  readonly capacity: number;
  missed: number;
}

/** How many lines of the past a new subscriber gets. */
const remembered = 20;

/**
 * The output of a job, for any number of readers. Each has a channel of its own with a bound: one that reads slowly loses
 * lines, and is told how many. It never holds up the job, and never costs more memory than its channel.
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
   * Calls the body with a channel that begins with the latest lines, goes on with what comes, and ends when the job ends.
   *
   * @param capacity how many lines the subscriber may lie behind.
   */
  async subscribe<R>(capacity: number, body: (lines: MemoryReceiveChannel<FeedItem>) => Promise<R>): Promise<R> {
    // One more place than there are lines for: the note of what was missed always fits.
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
  // Asked instead of tried: an error for every line that does not fit would cost more than all the others.
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
