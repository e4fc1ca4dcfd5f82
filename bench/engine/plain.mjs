// Callers of BullMQ as they are written by hand: one with a map of the waiting calls and one stream of events, and one with
// `waitUntilFinished`.
import { Queue, QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';

const options = { removeOnComplete: { age: 60 }, removeOnFail: { age: 60 } };

export async function plainCaller(path) {
  const connect = () => new Redis({ path, maxRetriesPerRequest: null });
  const [client, listener, second] = [connect(), connect(), connect()];
  const queue = new Queue('plain', { connection: client });
  const events = new QueueEvents('plain', { connection: listener });
  const finished = new QueueEvents('plain', { connection: second });
  // It adds listeners for each call.
  for (const each of [queue, finished]) each.setMaxListeners(0);
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), finished.waitUntilReady()]);
  const waiting = new Map();
  // Events that come before the answer to `add`, whose id is not known yet.
  const early = new Map();
  events.on('completed', ({ jobId, returnvalue }) => {
    const resolve = waiting.get(jobId);
    if (resolve === undefined) early.set(jobId, returnvalue);
    else {
      waiting.delete(jobId);
      resolve(returnvalue);
    }
  });
  return {
    async map(a, b) {
      const { id } = await queue.add('add', { a, b }, options);
      if (early.has(id)) {
        const value = early.get(id);
        early.delete(id);
        return value;
      }
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    async waitUntilFinished(a, b) {
      const job = await queue.add('add', { a, b }, options);
      return job.waitUntilFinished(finished);
    },
    end() {
      for (const each of [client, listener, second]) each.disconnect();
    },
  };
}
