import { ContextVar } from '@tercet/context';
import { pino } from 'pino';

/** The request that the current task works for. Tasks inherit it, so no function has to pass it on. */
export const requestId = new ContextVar<string | undefined>('request id', { default: undefined });

export const log = pino({ level: process.env['LOG_LEVEL'] ?? 'info', mixin: () => ({ request: requestId.get() }) });
