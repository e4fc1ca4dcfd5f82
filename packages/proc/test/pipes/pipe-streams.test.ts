import { describe, it } from '@jest/globals';
import { openNursery } from '@tercet/core';
import { runProcess } from '@tercet/proc';
import type { Process } from '@tercet/proc';
import { fromWritable } from '@tercet/streams';
import type { ReceiveStream, SendStream } from '@tercet/streams';
import { oneWayStreamClauses } from '@tercet/testing';
import { openMergedPipe } from '../../src/pipes/merged-pipe.ts';
import { openPipeStream } from '../../src/pipes/pipe-receive-stream.ts';
import { realTimeRun } from '../real-time-run.ts';

describe('the streams of a process fulfil the contract', () => {
  for (const { title, needsClogged, check } of oneWayStreamClauses) {
    if (needsClogged) continue;
    it(
      `${title}`,
      realTimeRun(() =>
        openNursery(async (nursery) => {
          const make = async (): Promise<[SendStream, ReceiveStream]> => {
            const process = await nursery.start<Process>((taskStatus) =>
              runProcess('cat', [], { stdin: 'pipe', stdout: 'pipe', stderr: 'ignore', check: false, taskStatus }),
            );
            return [process.stdin!, process.stdout!];
          };
          await check({ make });
          nursery.cancelScope.cancel();
        }),
      ),
    );
  }
});

describe('PIP-001: two ends of one pipe fulfil the contract', () => {
  const makeWith = (fill: Uint8Array) => async (): Promise<[SendStream, ReceiveStream]> => {
    const { source, target } = await openMergedPipe();
    target.write(fill);
    return [fromWritable(target), openPipeStream(source, 'the pipe of a test')];
  };

  for (const { title, check } of oneWayStreamClauses) {
    const make = makeWith(new Uint8Array());
    const makeClogged = makeWith(new Uint8Array(8 << 20));
    it(
      `${title}`,
      realTimeRun(() => check({ make, makeClogged })),
    );
  }
});
