import { expect, it } from '@jest/globals';
import { LineWindow, readWindow } from '../../src/daemon/line-window.ts';

it('gives a reader each line once, however many reports it has missed', () => {
  const window = new LineWindow(3);
  window.add({ line: 'a' });
  const first = readWindow(window.report(), 0);
  expect(first).toEqual({ missed: 0, lines: ['a'], until: 1 });
  for (const line of ['b', 'c', 'd', 'e']) window.add({ line });
  expect(readWindow(window.report(), first.until)).toEqual({ missed: 1, lines: ['c', 'd', 'e'], until: 5 });
  expect(readWindow(window.report(), 5)).toEqual({ missed: 0, lines: [], until: 5 });
});

it('counts lines that were missing already, and bounds the size of a report', () => {
  const window = new LineWindow(1000);
  window.add({ line: 'a' });
  window.add({ missed: 2 });
  window.add({ line: 'd' });
  expect(readWindow(window.report(), 1)).toEqual({ missed: 2, lines: ['d'], until: 4 });
  for (let count = 0; count < 10; count++) window.add({ line: 'x'.repeat(10_000) });
  expect(JSON.stringify(window.report()).length).toBeLessThan(40_000);
  expect(window.report().first + window.report().lines.length).toBe(14);
});
