import { openNursery, type TaskStatus } from '@tercet/core';
import { serveHttp, type HttpListener } from '@tercet/net';
import { answer } from './answer.js';
import { log } from './log.js';

export interface ServiceOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** Gets the port when the service is ready. */
  readonly taskStatus?: TaskStatus<number>;
}

/** Serves until it is cancelled, or until a scope around it shuts down: then requests end first. */
export async function openService({ port, taskStatus }: ServiceOptions): Promise<void> {
  await openNursery(async (nursery) => {
    const [listener] = await nursery.start<HttpListener[]>((started) =>
      serveHttp(answer, port, {
        // A request that takes longer is cancelled, and its client gets a 503.
        timeout: { seconds: 10 },
        onHandlerError: (error) => log.error({ err: error }, 'a request has failed'),
        taskStatus: started,
      }),
    );
    log.info({ port: listener!.port }, 'listening');
    taskStatus?.started(listener!.port);
  });
  log.info('every request has ended');
}
