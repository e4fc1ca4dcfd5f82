import { channel } from 'node:diagnostics_channel';
import type { EngineBackend } from './engine-backend.ts';

const problems = channel('tercet:parallel:engine:problem');

/** Publishes a problem that makes no operation fail to the subscribers of the diagnostics channel. */
export function tellProblem({ name }: EngineBackend, queue: string, error: unknown): void {
  if (problems.hasSubscribers) problems.publish({ engine: name, queue, error });
}
