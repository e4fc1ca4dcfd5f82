// Something has happened to one connection, between its arrival and its acceptance; the next one may be fine.
const harmless: ReadonlySet<string> = new Set([
  'EPERM',
  'ECONNABORTED',
  'EPROTO',
  'ENETDOWN',
  'ENOPROTOOPT',
  'EHOSTDOWN',
  'ENONET',
  'EHOSTUNREACH',
  'EOPNOTSUPP',
  'ENETUNREACH',
  'ENOSR',
  'ESOCKTNOSUPPORT',
  'EPROTONOSUPPORT',
  'ETIMEDOUT',
  'ECONNRESET',
]);

// The process or the machine has run out of something, and may have it again later.
const exhausted: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null | undefined)?.code);

/** Whether the error concerns only the one connection that failed. */
export function isHarmlessAcceptError(error: unknown): boolean {
  return harmless.has(codeOf(error));
}

/** Whether accepting may work again in a moment. */
export function isExhaustion(error: unknown): boolean {
  return exhausted.has(codeOf(error));
}

/** Tells the people who run the process that connections cannot be accepted. */
export function warnOfAccepting(message: string): void {
  process.emitWarning(message, 'TercetAcceptWarning');
}
