import { Path, openFile, type BinaryFile } from '@tercet/fs';

/** A folder with a log file for each job, of the latest run. */
export class LogFolder {
  readonly path: Path;

  private constructor(path: Path) {
    this.path = path;
  }

  /** Makes the folder when there is none. */
  static async open(path: Path): Promise<LogFolder> {
    await path.mkdir({ parents: true, existOk: true });
    return new LogFolder(path);
  }

  /** Removes what an earlier run has left of these jobs, so that one which does not run now has no log. */
  async forget(jobs: Iterable<string>): Promise<void> {
    for (const job of jobs) await this.logOf(job).unlink({ missingOk: true });
  }

  logOf(job: string): Path {
    return this.path.join(`${job}.log`);
  }

  /** All attempts of a job write to one file, one after the other. */
  openLog(job: string): Promise<BinaryFile> {
    return openFile(this.logOf(job), 'ab');
  }
}
