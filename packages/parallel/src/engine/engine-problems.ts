import { channel } from 'node:diagnostics_channel';
import type { EngineBackend } from './engine-backend.ts';

const problems = channel('tercet:parallel:engine:problem');

/** Tells whoever watches of a problem for which no operation fails. */
export function tellProblem({ name }: EngineBackend, queue: string, error: unknown): void {
  if (problems.hasSubscribers) problems.publish({ engine: name, queue, error });
}
