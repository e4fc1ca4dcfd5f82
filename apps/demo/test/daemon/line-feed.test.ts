import { expect, it } from '@jest/globals';
import { openNursery, sleep } from '@tercet/core';
import type { MemoryReceiveChannel } from '@tercet/sync';
import { testRun } from '@tercet/testing';
import { LineFeed, type FeedItem } from '../../src/daemon/line-feed.ts';

function text(item: FeedItem): string {
  return 'line' in item ? item.line : `(${item.missed} missed)`;
}

async function readAll(lines: MemoryReceiveChannel<FeedItem>, pause = 0): Promise<string[]> {
  const read: string[] = [];
  for await (const item of lines) {
    read.push(text(item));
    if (pause > 0) await sleep(pause);
  }
  return read;
}

it(
  'every subscriber gets all lines from the latest ones on, and the end',
  testRun(async () => {
    const feed = new LineFeed();
    const seen: string[][] = [];
    feed.publish('before');
    await openNursery(async (nursery) => {
      for (let n = 0; n < 3; n++) nursery.startSoon(async () => seen.push(await feed.subscribe(10, readAll)));
      await sleep(1);
      feed.publish('after');
      await sleep(1);
      feed.end();
    });
    expect(seen).toEqual(Array.from({ length: 3 }, () => ['before', 'after']));
  }),
);

it(
  'who comes after the end gets the latest lines',
  testRun(async () => {
    const feed = new LineFeed();
    for (let n = 0; n < 100; n++) feed.publish(String(n));
    feed.end();
    const lines = await feed.subscribe(100, readAll);
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([20, '80', '99']);
  }),
);

it(
  'a slow reader misses lines and learns how many, also at the end; a fast one beside it gets all',
  testRun(async () => {
    const feed = new LineFeed();
    let slow: string[] = [];
    let fast: string[] = [];
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        slow = await feed.subscribe(2, (lines) => readAll(lines, 35));
      });
      nursery.startSoon(async () => {
        fast = await feed.subscribe(2, readAll);
      });
      for (let n = 0; n < 10; n++) {
        await sleep(10);
        feed.publish(String(n));
      }
      feed.end();
    });
    expect(fast).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(slow).toContain('(1 missed)');
    const missed = slow.map((item) => Number(/(\d+) missed/.exec(item)?.[1] ?? 0)).reduce((sum, n) => sum + n);
    const got = slow.filter((item) => !item.includes('missed')).length;
    expect(missed + got).toBe(10);
    expect(slow.at(-1)).toMatch(/missed|9/);
  }),
);

it(
  'a subscriber that goes leaves nothing behind',
  testRun(async () => {
    const feed = new LineFeed();
    await feed.subscribe(1, async () => expect(feed.subscribers).toBe(1));
    expect(feed.subscribers).toBe(0);
    feed.publish('to nobody');
  }),
);
