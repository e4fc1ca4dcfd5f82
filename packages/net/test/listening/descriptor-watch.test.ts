import { expect, it } from '@jest/globals';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { descriptorLimit, DescriptorWatch } from '../../src/listening/descriptor-watch.ts';
import { runProgram } from '../programs/program.ts';

it('warns once when a connection gets one of the last descriptors', () => {
  const said: string[] = [];
  const watch = new DescriptorWatch(64, (message) => said.push(message));
  for (const descriptor of [undefined, -1, 20, 59]) watch.look(descriptor);
  expect(said).toEqual([]);
  for (const descriptor of [60, 61, 62, 63, 20, 63]) watch.look(descriptor);
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch('its limit is 64');
});

it('knows the limit of the process, where that can be found out', () => {
  expect(descriptorLimit()).toBeGreaterThan(20);
});

const SERVER = `
  import { BrokenResourceError, run } from '@tercet/core';
  import { serveTcp } from './src/index.ts';
  await run(() =>
    serveTcp(
      async (stream) => {
        try {
          for await (const chunk of stream) await stream.sendAll(chunk);
        } catch (error) {
          if (!(error instanceof BrokenResourceError)) throw error;
        }
      },
      0,
      { host: '127.0.0.1', taskStatus: { started: ([listener]) => console.log('port ' + listener.port) } },
    ),
  );
`;

it('a server without descriptors warns, and goes on when some are free again', async () => {
  const program = runProgram(SERVER, 'export TERCET_DOCUMENTED_ONLY=; ulimit -n 64');
  const [, port] = await program.says(/port (\d+)/);
  const sockets: Socket[] = [];
  const open = async (): Promise<boolean> => {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    socket.write('x');
    return await new Promise((resolve) => socket.on('data', () => resolve(true)).on('close', () => resolve(false)));
  };
  const results = await Promise.all(Array.from({ length: 100 }, open));
  const served = results.filter(Boolean).length;
  expect(served).toBeGreaterThan(20);
  expect(served).toBeLessThan(64);
  if (descriptorLimit() < Infinity)
    await program.says(/TercetAcceptWarning: the process has hardly any file descriptors left, its limit is 64/);
  for (const socket of sockets) socket.destroy();
  // The server closes its ends a moment later.
  while (!(await open())) {
    if (program.child.exitCode !== null) throw new Error(`the server has ended: ${program.output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  sockets.at(-1)!.destroy();
  program.child.kill();
});
