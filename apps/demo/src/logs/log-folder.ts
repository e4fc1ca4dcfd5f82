import type { Path } from '@tercet/fs';
import type { Log } from './job-output.ts';
import { openLogFile, privateFolder } from './log-file.ts';
import { RotatingLog, type Rotation } from './rotating-log.ts';

/** A folder with a log file for each job, of the latest run. */
export class LogFolder {
  readonly path: Path;

  readonly #rotation: Rotation | undefined;

  private constructor(path: Path, rotation: Rotation | undefined) {
    this.path = path;
    this.#rotation = rotation;
  }

  /**
   * Creates the folder if it does not exist.
   *
   * @param rotation how much of a log is kept; all of it when left out.
   */
  static async open(path: Path, rotation?: Rotation): Promise<LogFolder> {
    await path.mkdir({ parents: true, existOk: true, mode: privateFolder });
    return new LogFolder(path, rotation);
  }

  /** Removes the logs that an earlier run has left, so that a job that does not run this time has none. */
  async forget(jobs: Iterable<string>): Promise<void> {
    for (const job of jobs) await this.logOf(job).unlink({ missingOk: true });
  }

  logOf(job: string): Path {
    return this.path.join(`${job}.log`);
  }

  /** All attempts of a job write to one file, one after the other. */
  async openLog(job: string): Promise<Log> {
    const path = this.logOf(job);
    return this.#rotation === undefined ? (await openLogFile(path)).file : RotatingLog.open(path, this.#rotation);
  }
}
