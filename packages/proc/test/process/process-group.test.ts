import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { groupIsAlive, signalGroup } from '../../src/process/process-group.ts';
import { processTable } from '../programs/process-table.ts';

it('a group whose only member is a zombie is not alive', async () => {
  const child = spawn('true', { detached: true, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const pid = child.pid!;
  // Node reaps it in the next turn of the event loop, so this loop must not await anything.
  while (!processTable().some((row) => row.pid === pid && row.state.startsWith('Z')));
  expect(groupIsAlive(pid)).toBe(false);
  await ended;
  expect(groupIsAlive(pid)).toBe(false);
});

it('a group with a running member is alive', async () => {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  const ended = once(child, 'exit');
  expect(groupIsAlive(child.pid!)).toBe(true);
  signalGroup(child.pid!, 'SIGKILL');
  await ended;
});

it.each([0, 1, -5, NaN])('%d is refused as a leader: a signal would reach other processes', (leader) => {
  expect(() => signalGroup(leader, 0)).toThrow(/leader/);
});
