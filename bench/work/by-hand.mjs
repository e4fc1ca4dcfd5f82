// A plain thread that does its part of the work in one go, and sends all results in one message.
import { parentPort } from 'node:worker_threads';

const jobs = await import('./jobs.mjs');

parentPort.on('message', (message) => void work(message));

async function work({ fn, items }) {
  const values = [];
  for (const item of items) values.push(await jobs[fn](item));
  parentPort.postMessage(values);
}
