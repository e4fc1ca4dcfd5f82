// The files that the jobs of sample.yaml share. They last as long as the run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';

export const scratch = join(env['JOBD_SCRATCH'] ?? '.');

/** The paths that the job list-sources has found. */
export const sources = () => readFileSync(join(scratch, 'sources.txt'), 'utf8').trimEnd().split('\n');
