import { ContextVar } from '@tercet/context';

// The job, run and connection that the calling task works for. Each is set where a task begins and is visible to everything
// below it, so that a line of a log or a display can name it although no function passes it on.

/** The name of the job. */
export const currentJob: ContextVar<string> = new ContextVar<string>('job');

/** The number of the run that the job belongs to, in the daemon. */
export const currentRun: ContextVar<number> = new ContextVar<number>('run');

/** The number of the connection, in the daemon. */
export const currentConnection: ContextVar<number> = new ContextVar<number>('connection');
