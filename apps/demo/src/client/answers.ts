import * as v from 'valibot';
import type { Answer, JobReport } from '../protocol/messages.ts';
import { ClientError } from './client-error.ts';

// Answers are checked, because another program may listen at the daemon's address. Unknown keys are left
// out, so that a daemon may be newer than its clients.

const report: v.GenericSchema<unknown, JobReport> = v.object({
  job: v.string(),
  status: v.string(),
  reason: v.optional(v.string()),
  attempts: v.number(),
  duration: v.number(),
  log: v.string(),
});

const answer = v.union([
  v.object({ id: v.string(), event: v.union([v.object({ line: v.string() }), v.object({ missed: v.number() })]) }),
  v.object({ id: v.string(), result: v.unknown() }),
  v.object({ id: v.optional(v.string()), error: v.object({ code: v.string(), message: v.string() }) }),
]);

interface Submitted {
  readonly run: number;
  readonly jobs: readonly string[];
}

const submitted: v.GenericSchema<unknown, Submitted> = v.object({ run: v.number(), jobs: v.array(v.string()) });
const list = v.object({ jobs: v.array(report), more: v.optional(v.number()) });

/** @throws {ClientError} when this is not an answer of a daemon. */
export function parseAnswer(line: string): Answer {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ClientError('what answers there is not a daemon of jobd', { cause: error });
  }
  return checked(answer as v.GenericSchema<unknown, Answer>, value);
}

/** The result of `submit`. */
export function submittedIn(result: unknown): Submitted {
  return checked(submitted, result);
}

/** The result of `list`. */
export function listIn(result: unknown): { readonly jobs: readonly JobReport[]; readonly more?: number | undefined } {
  return checked(list, result);
}

/** The result of `tail`. */
export function reportIn(result: unknown): JobReport {
  return checked(report, result);
}

function checked<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  throw new ClientError('the daemon has sent something that this jobd does not understand');
}
