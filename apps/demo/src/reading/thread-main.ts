import { parentPort } from 'node:worker_threads';
import { portionsOf, type Portion, type Question } from './file-portions.ts';

// The program of the thread that `ReaderThread` starts. It answers one question after the other.

let portions: Iterator<Portion, void> | undefined;

parentPort?.on('message', (question: Question) => {
  if (question !== 'more') portions = portionsOf(question.text, question.path);
  parentPort?.postMessage(portions?.next().value);
});
