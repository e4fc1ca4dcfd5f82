import { styleText } from 'node:util';
import { currentTime, sleep } from '@tercet/core';
import { createLogUpdate } from 'log-update';
import { currentJob } from '../logs/context.ts';
import type { JobState } from '../runner/job-state.ts';
import { printable, printableOutput } from '../text/printable.ts';
import type { Display } from './display.ts';
import { formatDuration } from '../text/format-duration.ts';
import type { JobEvent } from '../runner/job-event.ts';
import { summaryText, type Paint } from './summary-text.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameTime = 80;

interface Row {
  readonly since: number;
  readonly attempt: number;
  line: string;
}

/** On a terminal: finished jobs scroll up, running jobs move below them, each in one row. */
export function terminalDisplay(stream: NodeJS.WriteStream): Display {
  const update = createLogUpdate(stream);
  const paint = painter(stream);
  const rows = new Map<string, Row>();
  let frame = 0;

  const draw = (): void => {
    update(
      [...rows].map(([name, row]) => rowText(name, row, frames[frame % frames.length], stream.columns)).join('\n'),
    );
  };
  const report = (event: JobEvent): void => {
    const name = currentJob.get();
    const row = rows.get(name);
    if (event.kind === 'started') rows.set(name, { since: currentTime(), attempt: event.attempt, line: '' });
    else if (event.kind === 'output' && row !== undefined) row.line = event.line;
    else if (event.kind === 'retrying') {
      rows.delete(name);
      update.persist(
        `${paint('waiting', '↻')} ${name}: ${printable(event.reason)}; tried again in ${formatDuration(event.delay)}`,
      );
    } else if (event.kind === 'ended') {
      rows.delete(name);
      update.persist(endText(event.state, paint));
    }
    if (event.kind !== 'output') draw();
  };

  return {
    report,
    async animate() {
      for (; ; frame++) {
        draw();
        await sleep(frameTime);
      }
    },
    summarize(summary) {
      update.clear();
      update.done();
      stream.write(summaryText(summary, paint));
    },
  };
}

function rowText(name: string, { since, attempt, line }: Row, spinner: string | undefined, columns: number): string {
  const tries = attempt === 1 ? '' : `, attempt ${attempt}`;
  const text = `${spinner} ${name} ${formatDuration(currentTime() - since)}${tries}  ${printableOutput(line)}`;
  return text.replaceAll('\t', ' ').slice(0, columns - 1);
}

function endText(state: JobState, paint: Paint): string {
  const { job, status, reason } = state;
  const mark = status === 'succeeded' ? '✔' : status === 'skipped' || status === 'cancelled' ? '○' : '✖';
  const rest = status === 'succeeded' ? formatDuration(state.duration) : `${status}: ${printable(reason ?? '')}`;
  return `${paint(status, mark)} ${job.name} ${rest}`;
}

function painter(stream: NodeJS.WriteStream): Paint {
  if (!stream.hasColors()) return (_, text) => text;
  const colors = {
    waiting: 'yellow',
    running: 'cyan',
    succeeded: 'green',
    failed: 'red',
    'timed out': 'red',
    skipped: 'yellow',
    cancelled: 'yellow',
  } as const;
  return (status, text) => styleText(colors[status], text);
}
