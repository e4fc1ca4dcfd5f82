import { dirname, resolve } from 'node:path';
import { checkGraph, type GraphProblem } from './graph.ts';
import { InputError, mostProblems, type Problem } from '../input/input-error.ts';
import type { Command, Job, JobFile, RetryPolicy } from './job-file.ts';
import { fileSchema, knownKeys, type FileInput, type JobInput, type RetryInput } from './schema.ts';
import { parseText, type ParsedText } from '../input/parse-text.ts';
import { validate } from '../input/validate.ts';
import { listOfNames, shorten } from '../text/shorten.ts';

const defaultConcurrency = 4;
const defaultGrace = 5_000;

/**
 * Turns the text of a job file, JSON or YAML, into jobs that can run. Folders are relative to that of the file.
 *
 * @throws {InputError} with the problems, each with file, line and column.
 */
export function parseJobFile(text: string, path: string): JobFile {
  return toJobFile(readJobFile(text, path), path);
}

/**
 * Reads the text of a job file, without defaults: data that can be passed from one thread to another.
 *
 * @throws {InputError} with the problems, each with file, line and column.
 */
export function readJobFile(text: string, path: string): FileInput {
  const source = text.replace(/^\uFEFF/, '');
  const parsed = parseText(source, path);
  const validated = validate(parsed, { name: 'a job file', schema: fileSchema, knownKeys });
  if (validated.input === undefined) throw new InputError(path, source, validated.problems, validated.total);
  const { jobs } = validated.input;
  const graph = new Map([...jobs].map(([name, { needs = [] }]) => [name, needs]));
  // One more than is shown, so that the message can say that there are more.
  const unmet = checkGraph(graph, mostProblems + 1);
  if (unmet.length > 0) {
    throw new InputError(
      path,
      source,
      unmet.map((problem) => toProblem(problem, parsed, jobs.keys())),
    );
  }
  return validated.input;
}

/** The content of a file, with all of its jobs or some of them. */
export type FilePart = Omit<FileInput, 'jobs'> & { readonly jobs: Iterable<readonly [name: string, job: JobInput]> };

/** The jobs of a file, or some of them, with defaults. @param path of the file: folders are relative to its folder. */
export function toJobFile(input: FilePart, path: string): JobFile {
  const folder = resolve(dirname(path), input.cwd ?? '.');
  const jobs = new Map<string, Job>();
  for (const [name, job] of input.jobs) jobs.set(name, toJob(name, job, input.env, folder));
  return { path, concurrency: input.concurrency ?? defaultConcurrency, timeout: input.timeout ?? Infinity, jobs };
}

function toJob(name: string, job: JobInput, fileEnv: JobInput['env'], folder: string): Job {
  const cwd = job.cwd === undefined ? folder : resolve(folder, job.cwd);
  return {
    name,
    command: toCommand(job.run, cwd),
    needs: job.needs ?? [],
    timeout: job.timeout ?? Infinity,
    grace: job.grace ?? defaultGrace,
    retry: toRetryPolicy(job.retry),
    // Not stored: a thousand variables of the file times a thousand jobs would be a million.
    get env() {
      return Object.fromEntries([...(fileEnv ?? []), ...(job.env ?? [])]);
    },
    cwd,
  };
}

function toRetryPolicy({ times, delay, factor, maxDelay }: RetryInput = { times: 0 }): RetryPolicy {
  return { times, delay: delay ?? 0, factor: factor ?? 2, maxDelay: maxDelay ?? 60_000 };
}

function toCommand(run: JobInput['run'], cwd: string): Command {
  // -e: a job of several lines fails at the first one that does.
  if (typeof run === 'string') return ['sh', '-e', '-c', run];
  if (Array.isArray(run)) return run;
  return { module: resolve(cwd, run.module), function: run.function ?? 'default', args: run.args ?? [] };
}

function toProblem(problem: GraphProblem, { placeOf }: ParsedText, names: Iterable<string>): Problem {
  const place = placeOf(['jobs', problem.job, 'needs', problem.index]);
  if (problem.kind === 'cycle') {
    return { place, text: `these jobs wait for each other for ever: ${problem.cycle.join(' -> ')}` };
  }
  const need = shorten(problem.need, 100);
  return { place, text: `job "${problem.job}" needs "${need}", but the jobs of this file are ${listOfNames(names)}` };
}
