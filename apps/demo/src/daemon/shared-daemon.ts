import { CancelScope, named, openNursery, rethrowIfCancelled, type Nursery } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { openEngine, serveJobs, type EngineBackend, type EngineExecutor } from '@tercet/parallel/engine';
import { report } from '@tercet/parallel/worker';
import { Event, type MemoryReceiveChannel } from '@tercet/sync';
import type { DaemonLog } from '../logs/daemon-log.ts';
import { RequestError, type JobReport } from '../protocol/messages.ts';
import type { DaemonConfig } from './config.ts';
import type { Daemon } from './daemon.ts';
import { cancelJob, QUEUE, queueOf, runJob, tailJob, type Progress, type SharedRun } from './daemon-jobs.ts';
import { LineFeed, type FeedItem } from './line-feed.ts';
import type { Listed, Runs, Submitted } from './runs.ts';
import { LineWindow, readWindow, type WindowReport } from './line-window.ts';

/** The parts of a {@link SharedDaemon}. */
export interface SharedDaemonParts {
  /** The daemon that carries out runs on this machine. */
  readonly local: Daemon;
  readonly engine: EngineExecutor;
  readonly backend: EngineBackend;
  /** The name of this daemon, different from those of the others. */
  readonly name: string;
  /** Runs the calls that wait for the ends of runs. */
  readonly nursery: Pick<Nursery, 'startSoon'>;
}

/** One of several daemons that share their runs through an engine: each run is carried out by one, and each can look at all. */
export class SharedDaemon implements Runs {
  readonly #local: Daemon;
  readonly #engine: EngineExecutor;
  readonly #backend: EngineBackend;
  readonly #name: string;
  readonly #nursery: Pick<Nursery, 'startSoon'>;
  /** Reports of runs that were submitted here, carried out elsewhere, and have ended. */
  readonly #ended = new Map<number, readonly JobReport[]>();
  #lastNumber = 0;
  readonly #serving = new CancelScope();
  readonly #stopped = new Event();

  constructor({ local, engine, backend, name, nursery }: SharedDaemonParts) {
    this.#local = local;
    this.#engine = engine;
    this.#backend = backend;
    this.#name = name;
    this.#nursery = nursery;
  }

  get log(): DaemonLog {
    return this.#local.log;
  }

  get config(): DaemonConfig {
    return this.#local.config;
  }

  /** Carries out runs and answers other daemons, until `stop`. */
  async serve(): Promise<void> {
    await this.#serving.run(() => this.#serve());
    this.#stopped.set();
  }

  /** Takes no more runs. Those that it carries out may end within the grace; others go on with what has not ended. */
  async stop(): Promise<void> {
    this.#serving.shutdown({ grace: this.config.grace, reason: 'jobd stops' });
    await this.#stopped.wait();
  }

  async #serve(): Promise<void> {
    const [backend, concurrency] = [this.#backend, MOST_RUNS];
    await openNursery((nursery) => {
      const run = (number: number, file: SharedRun): Promise<JobReport[]> => this.#run(number, file);
      nursery.startSoon(() => serveJobs({ backend, queue: QUEUE, concurrency, jobs: { run } }));
      const jobs = {
        cancel: (target: string, reason: string) => this.#local.cancel(target, reason),
        tail: (target: string) => this.#tailForOthers(target),
      };
      nursery.startSoon(() => serveJobs({ backend, queue: queueOf(this.#name), concurrency: MOST_TAILS, jobs }));
    });
  }

  #run(number: number, file: SharedRun): Promise<JobReport[]> {
    this.log.info({ run: number, path: file.path }, 'taken');
    return this.#local.carryOut(number, file, (run) => {
      report({ daemon: this.#name, jobs: run.describe().map(withoutUndefined) } satisfies Progress);
    });
  }

  async #tailForOthers(target: string): Promise<JobReport | null> {
    const window = new LineWindow(this.config.limits.tail);
    const status = await this.#local.tail(target, async (lines) => {
      for await (const item of lines) {
        window.add(item);
        report(window.report());
      }
    });
    return status === undefined ? null : withoutUndefined(status);
  }

  async submit(text: string, path: string, only: readonly string[] = []): Promise<Submitted> {
    const names = await this.#local.jobsIn(text, path, only);
    const number = this.#nextNumber();
    const handedOver = new Event();
    const file = { text, path, only };
    this.#nursery.startSoon(named(`shared run ${number}`, () => this.#waitFor(number, file, handedOver)));
    // If this daemon is killed now, another one has the run.
    await handedOver.wait();
    this.log.info({ run: number, jobs: names.length, path }, 'submitted');
    return { number, names };
  }

  /**
   * Hands a run to the daemons, and waits for its end. When this daemon stops, the others go on.
   *
   * @param handedOver is set when the engine has the run, or has refused it.
   */
  async #waitFor(number: number, file: SharedRun, handedOver: Event): Promise<void> {
    try {
      // Without a listener the run would report nothing, and the other daemons look at what it has reported.
      const onAccepted = (): void => handedOver.set();
      const handingIn = this.#engine.with({ onCancel: 'abandon', onProgress: () => undefined, onAccepted });
      const reports = await handingIn.run(runJob, number, file);
      this.#ended.set(number, reports);
    } catch (error) {
      rethrowIfCancelled(error);
      const reason = describeError(error);
      this.log.error({ run: number, reason }, 'the run has failed');
      this.#ended.set(number, [{ ...waiting(number), status: 'failed', reason }]);
    } finally {
      // Also when the engine has refused it: the client finds the reason in the list.
      handedOver.set();
    }
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= this.config.keepRuns) break;
      this.#ended.delete(oldest);
    }
  }

  async list(number?: number): Promise<Listed> {
    const elsewhere = await this.#runsElsewhere();
    if (number !== undefined) {
      if (this.#local.has(number)) return this.#local.list(number);
      const reports = elsewhere.get(number)?.jobs ?? this.#ended.get(number);
      return reports === undefined ? this.#local.list(number) : { jobs: reports };
    }
    const { jobs, more } = await this.#local.list();
    const ended = [...this.#ended].filter(([each]) => !this.#local.has(each)).map(([, reports]) => reports);
    const others = [...ended, ...[...elsewhere.values()].map((run) => run.jobs)].flat();
    return { jobs: [...others, ...jobs], ...(more === undefined ? {} : { more }) };
  }

  async cancel(target: string, reason: string): Promise<void> {
    const [number = '', name] = target.split('/');
    if (name === undefined) {
      if (await this.#engine.cancel(`run/${number}`)) return this.log.info({ target }, 'cancelled by a client');
      return this.#local.cancel(target, reason);
    }
    const daemon = await this.#daemonOf(Number(number));
    if (daemon === undefined) return this.#local.cancel(target, reason);
    await this.#ask(daemon, (engine) => engine.run(cancelJob, target, reason));
  }

  async tail(
    target: string,
    body: (lines: MemoryReceiveChannel<FeedItem>) => Promise<void>,
  ): Promise<JobReport | undefined> {
    const daemon = await this.#daemonOf(Number(target.split('/')[0]));
    if (daemon === undefined) return this.#local.tail(target, body);
    const feed = new LineFeed();
    let status: JobReport | null = null;
    await openNursery(async (nursery) => {
      nursery.startSoon(async () => {
        let next = 0;
        const onProgress = (progress: unknown): void => {
          const { missed, lines, until } = readWindow(progress as WindowReport, next);
          next = until;
          feed.skip(missed);
          for (const line of lines) feed.publish(line);
        };
        status = await this.#ask(daemon, (engine) => engine.with({ onProgress }).run(tailJob, target));
        feed.end();
      });
      await feed.subscribe(this.config.limits.tail, body);
    });
    return status ?? undefined;
  }

  /** Runs that other daemons carry out, and those that no daemon has taken yet. */
  async #runsElsewhere(): Promise<Map<number, Progress>> {
    const runs = new Map<number, Progress>();
    for (const { id, name, progress } of await this.#engine.jobs()) {
      const number = Number(id.slice(name.length + 1));
      if (this.#local.has(number)) continue;
      runs.set(number, (progress as unknown as Progress | null) ?? { daemon: '', jobs: [waiting(number)] });
    }
    return runs;
  }

  /** @returns `undefined` when the run is here, or has ended. @throws {RequestError} when it has not begun. */
  async #daemonOf(number: number): Promise<string | undefined> {
    const run = (await this.#runsElsewhere()).get(number);
    if (run?.daemon === '') throw new RequestError('not-found', `run ${number} waits for a daemon that takes it`);
    return run?.daemon;
  }

  /** Calls a job of another daemon. */
  async #ask<T>(daemon: string, question: (engine: EngineExecutor) => Promise<T>): Promise<T> {
    try {
      return await openEngine({ backend: this.#backend, queue: queueOf(daemon) }, question);
    } catch (error) {
      rethrowIfCancelled(error);
      const { name, message, fields } = error as { name?: string; message?: string; fields?: { code?: never } };
      if (name !== 'RequestError') throw error;
      throw new RequestError(fields?.code ?? 'internal', message ?? '');
    }
  }

  /** A number greater than the last one, and different from those of other daemons: the time in ms, and three random digits. */
  #nextNumber(): number {
    const number = (Date.now() - EPOCH) * 1000 + Math.floor(Math.random() * 1000);
    this.#lastNumber = Math.max(number, this.#lastNumber + 1);
    return this.#lastNumber;
  }
}

/** At most this many runs are carried out at a time by one daemon. The option `concurrency` limits the number of their jobs. */
const MOST_RUNS = 100;
/** At most this many requests of other daemons are answered at a time. */
const MOST_TAILS = 1000;
/** The zero of run numbers, in milliseconds since 1970: the year in which the first one was given. */
const EPOCH = Date.UTC(2026, 0, 1);

function waiting(number: number): JobReport {
  return { job: `${number}/`, status: 'waiting', attempts: 0, duration: 0, log: '' };
}

function withoutUndefined({ reason, ...others }: JobReport): JobReport {
  return reason === undefined ? others : { ...others, reason };
}
