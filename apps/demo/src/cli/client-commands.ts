import { resolve } from 'node:path';
import { mapConcurrent } from '@tercet/core';
import Table from 'cli-table3';
import { listIn, reportIn, submittedIn } from '../client/answers.ts';
import { Client } from '../client/client.ts';
import { readCertificate, readKey } from '../input/read-pem.ts';
import { readTextFile } from '../input/read-text-file.ts';
import type { JobReport, TailEvent } from '../protocol/messages.ts';
import { tokenIn } from '../protocol/token-file.ts';
import { formatDuration } from '../text/format-duration.ts';
import { printable, printableJson, printableOutput } from '../text/printable.ts';
import { UsageError } from '../input/usage-error.ts';
import type { ClientOptions, SubmitOptions } from './program.ts';

/** `jobd submit FILE`. @returns with `wait` 1 when a job has not succeeded, otherwise 0. */
export async function submit(file: string, jobs: readonly string[], options: SubmitOptions): Promise<number> {
  const text = await readTextFile(file, 'the job file');
  const only = jobs.length === 0 ? undefined : jobs;
  await using client = await connect(options);
  const result = await client.request({ op: 'submit', path: resolve(file), text, jobs: only });
  const submitted = submittedIn(result).jobs;
  if (options.wait !== true) {
    process.stdout.write(`${submitted.map(printable).join('\n')}\n`);
    return 0;
  }
  // Each tail has a separate connection; all of them end when one fails.
  const codes = await mapConcurrent(submitted, (job) => follow(job, options, `${printable(job)} | `), {
    concurrency: Infinity,
  });
  return Math.max(...codes);
}

/** `jobd list`. */
export async function list(run: number | undefined, options: ClientOptions): Promise<number> {
  await using client = await connect(options);
  const { jobs, more = 0 } = listIn(await client.request({ op: 'list', run }));
  process.stdout.write(`${options.json === true ? printableJson(JSON.stringify(jobs)) : tableOf(jobs)}\n`);
  if (more > 0) process.stderr.write(`jobd: ${more} jobs of older runs are not shown\n`);
  return 0;
}

/** `jobd cancel RUN`, `jobd cancel RUN/JOB`. */
export async function cancel(target: string, options: ClientOptions): Promise<number> {
  await using client = await connect(options);
  await client.request({ op: 'cancel', target });
  return 0;
}

/** `jobd tail RUN/JOB`. @returns 1 when the job has not succeeded. */
export function tail(job: string, options: ClientOptions): Promise<number> {
  return follow(job, options, '');
}

async function follow(job: string, options: ClientOptions, prefix: string): Promise<number> {
  await using client = await connect(options);
  const { status, reason } = reportIn(await client.request({ op: 'tail', job }, (event) => show(event, prefix)));
  if (status === 'succeeded') return 0;
  process.stderr.write(`${printable(`jobd: ${job} ${status}${reason === undefined ? '' : `: ${reason}`}`)}\n`);
  return 1;
}

function show(event: TailEvent, prefix: string): void {
  if ('line' in event) process.stdout.write(`${prefix}${printableOutput(event.line)}\n`);
  else process.stderr.write(`jobd: ${event.missed} lines were missed\n`);
}

function tableOf(jobs: readonly JobReport[]): string {
  const table = new Table({
    head: ['job', 'status', 'attempts', 'time', 'why'],
    colAligns: ['left', 'left', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { job, status, attempts, duration, reason } of jobs) {
    const time = attempts === 0 ? '' : formatDuration(duration);
    table.push([printable(job), printable(status), attempts, time, printable(reason ?? '')]);
  }
  return table.toString();
}

async function connect({ address, token, ca, cert, key }: ClientOptions): Promise<Client> {
  if (address === undefined) {
    throw new UsageError('where is the daemon? Say it by --address, or by the environment variable JOBD_ADDRESS');
  }
  return Client.connect(address, {
    token: token && tokenIn(await readTextFile(token, 'the file with the token')),
    ca: ca && (await readCertificate(ca)),
    cert: cert && (await readCertificate(cert)),
    key: key && (await readKey(key)),
  });
}
