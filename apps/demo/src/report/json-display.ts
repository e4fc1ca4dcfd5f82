import { sleepForever } from '@tercet/core';
import { currentJob } from '../logs/context.ts';
import type { JobState } from '../runner/job-state.ts';
import { printableJson } from '../text/printable.ts';
import type { Display, Output } from './display.ts';
import type { JobEvent } from '../runner/job-event.ts';

/** For programs: one JSON object per line, the last one of which is the summary. */
export function jsonDisplay(output: Output): Display {
  const write = (fields: object): void => {
    output.write(`${printableJson(JSON.stringify({ time: new Date().toISOString(), ...fields }))}\n`);
  };
  return {
    report: (event) => write({ job: currentJob.get(), event: event.kind, ...fieldsOf(event) }),
    animate: sleepForever,
    summarize: ({ states, duration, logs }) =>
      write({ event: 'summary', duration: Math.round(duration), logs, jobs: states.map(describeState) }),
  };
}

function fieldsOf(event: JobEvent): object {
  if (event.kind === 'ended') return describeState(event.state);
  const { kind: _, ...fields } = event;
  return fields;
}

function describeState(state: JobState): object {
  const { job, status, reason, attempts } = state;
  return { job: job.name, status, reason, attempts, duration: Math.round(state.duration) };
}
