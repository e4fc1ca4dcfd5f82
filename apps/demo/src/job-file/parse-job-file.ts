import { dirname, resolve } from 'node:path';
import { checkGraph, type GraphProblem } from './graph.ts';
import { InputError, type Problem } from '../input/input-error.ts';
import type { Command, Job, JobFile, RetryPolicy } from './job-file.ts';
import { fileSchema, knownKeys, type FileInput, type JobInput, type RetryInput } from './schema.ts';
import { parseText, type ParsedText } from '../input/parse-text.ts';
import { validate } from '../input/validate.ts';

const defaultConcurrency = 4;
const defaultGrace = 5_000;

/**
 * Turns the text of a job file, JSON or YAML, into jobs that can run. Folders are relative to that of the file.
 *
 * @throws {InputError} with everything that is wrong, each with file, line and column.
 */
export function parseJobFile(text: string, path: string): JobFile {
  const source = text.replace(/^\uFEFF/, '');
  const parsed = parseText(source, path);
  const { input, problems } = validate(parsed, { name: 'a job file', schema: fileSchema, knownKeys });
  if (input === undefined) throw new InputError(path, source, problems);

  const jobs = new Map(Object.entries(input.jobs).map(([name, job]) => [name, toJob(name, job, input, path)]));
  const graph = new Map([...jobs].map(([name, { needs }]) => [name, needs]));
  const unmet = checkGraph(graph);
  if (unmet.length > 0) {
    throw new InputError(
      path,
      source,
      unmet.map((problem) => toProblem(problem, parsed, [...jobs.keys()])),
    );
  }
  return { path, concurrency: input.concurrency ?? defaultConcurrency, timeout: input.timeout ?? Infinity, jobs };
}

function toJob(name: string, job: JobInput, file: FileInput, path: string): Job {
  return {
    name,
    command: toCommand(job.run),
    needs: job.needs ?? [],
    timeout: job.timeout ?? Infinity,
    grace: job.grace ?? defaultGrace,
    retry: toRetryPolicy(job.retry),
    env: { ...file.env, ...job.env },
    cwd: resolve(dirname(path), file.cwd ?? '.', job.cwd ?? '.'),
  };
}

function toRetryPolicy({ times, delay, factor, maxDelay }: RetryInput = { times: 0 }): RetryPolicy {
  return { times, delay: delay ?? 0, factor: factor ?? 2, maxDelay: maxDelay ?? 60_000 };
}

function toCommand(run: JobInput['run']): Command {
  // -e: a job of several lines fails at the first one that does.
  return typeof run === 'string' ? ['sh', '-e', '-c', run] : run;
}

function toProblem(problem: GraphProblem, { placeOf }: ParsedText, names: readonly string[]): Problem {
  const place = placeOf(['jobs', problem.job, 'needs', problem.index]);
  if (problem.kind === 'cycle') {
    return { place, text: `these jobs wait for each other for ever: ${problem.cycle.join(' -> ')}` };
  }
  const known = names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ');
  return { place, text: `job "${problem.job}" needs "${problem.need}", but the jobs of this file are ${known}` };
}
