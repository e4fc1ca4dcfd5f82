// A caller by hand: an id for each call, and a map of those that wait.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const program = new URL('raw-worker.mjs', import.meta.url);

export function rawThread() {
  const worker = new Worker(program);
  return { ...caller((message) => worker.postMessage(message), worker), worker, end: () => worker.terminate() };
}

export function rawProcess() {
  const child = fork(fileURLToPath(program), { serialization: 'advanced' });
  return { ...caller((message) => child.send(message), child), end: () => child.kill() };
}

function caller(send, emitter) {
  const waiting = new Map();
  let next = 0;
  emitter.on('message', ({ id, value }) => {
    const resolve = waiting.get(id);
    waiting.delete(id);
    resolve?.(value);
  });
  return {
    add(a, b) {
      const id = next++;
      send({ id, a, b });
      return new Promise((resolve) => waiting.set(id, resolve));
    },
  };
}
