import { ContextVar } from '@tercet/context';

/**
 * The name of the job that the calling task works for. It is set once, where the job's task begins; everything below that
 * can tell whose it is, although no function passes it on.
 */
export const currentJob: ContextVar<string> = new ContextVar<string>('job');
