import { expect, it } from '@jest/globals';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { runProgram } from '../programs/program.ts';
import { getFrom } from './client.ts';
import { realRun } from '../system-clock.ts';
import { abortable, all, openNursery } from '@tercet/core';

// A server as a program has it: SIGTERM shuts it down, and what has not ended when the grace is over is cancelled.
const PROGRAM = (grace: number): string => `
  import { openNursery, run, sleep, sleepForever } from '@tercet/core';
  import { serveHttp } from './src/index.ts';
  let begun = 0;
  await run(() =>
    openNursery(async (nursery) => {
      process.on('SIGTERM', () => nursery.cancelScope.shutdown({ grace: ${grace} }));
      const [listener] = await nursery.start((taskStatus) =>
        serveHttp(async (request, response) => {
          console.log('begun ' + ++begun + ';');
          try {
            if (request.url === '/forever') await sleepForever();
            await sleep(300);
            response.end('done');
          } catch (error) {
            console.log('ended by ' + error.source + ';');
            throw error;
          }
        }, 0, { host: '127.0.0.1', taskStatus }),
      );
      console.log('port ' + listener.port + ';');
    }),
  );
  // Sockets that have just been closed are gone when the event loop has turned.
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  console.log('handles: ' + process.getActiveResourcesInfo().filter((name) => /TCP|Server|Timeout/.test(name)).length + ';');
`;

async function start(grace: number): Promise<{ program: ReturnType<typeof runProgram>; port: number }> {
  const program = runProgram(PROGRAM(grace), 'true');
  const [, port] = await program.says(/port (\d+);/);
  return { program, port: Number(port) };
}

it(
  'SH-2: after SIGTERM under load, running requests end, idle connections are closed, and the process ends',
  realRun(async () => {
    const { program, port } = await abortable(() => start(60_000));
    const idle: Socket[] = [];
    for (let i = 0; i < 3; i++) idle.push(connect(port, '127.0.0.1'));
    await abortable(() => Promise.all(idle.map((socket) => once(socket, 'connect'))));
    const ends = idle.map((socket) => once(socket.resume(), 'close'));
    await openNursery(async (nursery) => {
      const answers = nursery.startSoon(() =>
        all(Array.from({ length: 20 }, () => () => getFrom({ port, path: '/', agent: false }))),
      );
      await abortable(() => program.says(/begun 20;/));
      // Twice within a few milliseconds changes nothing.
      program.child.kill('SIGTERM');
      program.child.kill('SIGTERM');
      await abortable(() => Promise.all(ends));
      expect((await answers.result()).map(({ status, body }) => `${status} ${body}`)).toEqual(
        Array(20).fill('200 done'),
      );
    });
    const [code] = (await abortable(() => exitOf(program))) as [number];
    expect(code).toBe(0);
    expect(program.output).toContain('handles: 0;');
    expect(program.output).not.toContain('ended by');
  }),
);

it(
  'SH-2: after SIGTERM, a request that does not end within the grace is cancelled, and its client gets a 503',
  realRun(async () => {
    const { program, port } = await abortable(() => start(200));
    await openNursery(async (nursery) => {
      const answer = nursery.startSoon(() => getFrom({ port, path: '/forever', agent: false }));
      await abortable(() => program.says(/begun 1;/));
      program.child.kill('SIGTERM');
      expect((await answer.result()).status).toBe(503);
    });
    const [code] = (await abortable(() => exitOf(program))) as [number];
    expect(code).toBe(0);
    expect(program.output).toContain('ended by shutdown;');
    expect(program.output).toContain('handles: 0;');
  }),
);

function exitOf({ child }: ReturnType<typeof runProgram>): Promise<unknown> {
  return child.exitCode === null && child.signalCode === null
    ? once(child, 'close')
    : Promise.resolve([child.exitCode, child.signalCode]);
}
