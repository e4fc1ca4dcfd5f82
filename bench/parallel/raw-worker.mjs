// A worker as people write it by hand: one message for each call, and one for each answer.
import { parentPort } from 'node:worker_threads';

const answer = ({ id, a, b }, send) => send({ id, value: a + b });
if (parentPort !== null) {
  parentPort.on('message', (message) => {
    if (message.data !== undefined) parentPort.postMessage(message, message.move ? [message.data.buffer] : []);
    else if (message.count !== undefined)
      for (let item = 0; item < message.count; item++) parentPort.postMessage({ item });
    else answer(message, (reply) => parentPort.postMessage(reply));
  });
} else {
  process.on('message', (message) => answer(message, (reply) => process.send(reply)));
}
