import type { CancelledBy, EngineOutcome, Json } from '../engine/engine-backend.ts';

// BullMQ stores one text for a failed job. Its first line is for people, whose tools show it; the second line is for the caller.

export function failureText(summary: string, payload: Json): string {
  return `${summary}\n${JSON.stringify({ failed: payload })}`;
}

export function cancelledText(by: CancelledBy): string {
  return `cancelled (${by})\n${JSON.stringify({ cancelled: by })}`;
}

/** BullMQ's text for a job whose workers have died too often. */
const STALLED = 'job stalled more than allowable limit';

/** @param maxLost number of dead workers that a job outlives. */
export function readFailure(text: string, maxLost: number): EngineOutcome {
  const end = text.indexOf('\n');
  const parsed = end < 0 ? undefined : parse(text.slice(end + 1));
  if (parsed?.cancelled !== undefined) return { kind: 'cancelled', by: parsed.cancelled };
  if (parsed?.failed !== undefined) return { kind: 'failed', payload: parsed.failed };
  if (text === STALLED) return { kind: 'lost', times: maxLost + 1 };
  // The job was not ended by this package, but by BullMQ itself or by a person with a tool.
  const error = {
    kind: 'error',
    name: 'Error',
    classes: ['Error'],
    message: text,
    stack: `Error: ${text}`,
    fields: {},
  };
  return { kind: 'failed', payload: { error, attempts: 0 } };
}

function parse(text: string): { readonly failed?: Json; readonly cancelled?: CancelledBy } | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
