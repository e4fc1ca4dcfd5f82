import { sleepForever } from '@tercet/core';
import { currentJob } from '../logs/context.ts';
import { printable, printableOutput } from '../text/printable.ts';
import type { Display, Output } from './display.ts';
import { formatDuration } from '../text/format-duration.ts';
import type { JobEvent } from '../runner/job-event.ts';
import { summaryText } from './summary-text.ts';

/** One line after the other, each with the name of its job: `build | a line it wrote`, `build: something happened`. */
export function plainDisplay(output: Output): Display {
  return {
    report: (event) => output.write(`${currentJob.get()}${textOf(event)}\n`),
    animate: sleepForever,
    summarize: (summary) => output.write(summaryText(summary)),
  };
}

function textOf(event: JobEvent): string {
  switch (event.kind) {
    case 'started':
      return event.attempt === 1 ? ': started' : `: started, attempt ${event.attempt} of ${event.attempts}`;
    case 'output':
      return ` | ${printableOutput(event.line)}`;
    case 'retrying':
      return `: ${printable(event.reason)}; tried again in ${formatDuration(event.delay)}`;
    case 'ended': {
      const { status, reason, duration } = event.state;
      const time = status === 'succeeded' ? ` in ${formatDuration(duration)}` : '';
      return `: ${status}${time}${reason === undefined ? '' : ` (${printable(reason)})`}`;
    }
  }
}
