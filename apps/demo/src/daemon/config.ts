import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { duration } from '../input/duration.ts';
import { InputError } from '../input/input-error.ts';
import { parseText } from '../input/parse-text.ts';
import { mapping, wholeNumber, word } from '../input/schemas.ts';
import { validate } from '../input/validate.ts';
import type { Rotation } from '../logs/rotating-log.ts';

/** The configuration, with defaults filled in. Paths are absolute, durations are in milliseconds. */
export interface DaemonConfig {
  readonly listen: ListenConfig;
  /** How many jobs run at a time, of all runs together. */
  readonly concurrency: number;
  /** How long running jobs may take to end when the daemon stops. */
  readonly grace: number;
  /** The folder with a folder of log files for each run. */
  readonly logs: string;
  readonly logLevel: string;
  readonly rotate: Rotation;
  /** How many runs are remembered when they have ended. */
  readonly keepRuns: number;
  readonly limits: Limits;
}

export interface ListenConfig {
  readonly unix?: string | undefined;
  readonly tcp?: TcpConfig | undefined;
  readonly tls?: TlsConfig | undefined;
}

export interface TcpConfig {
  readonly host: string;
  readonly port: number;
  /** The file for the token that clients have to know; one in the home folder when left out. */
  readonly token?: string | undefined;
}

/** Where to listen for TLS, and its certificate and key: files in PEM. */
export interface TlsConfig extends TcpConfig {
  readonly cert: string;
  readonly key: string;
  /** The authority that signs the certificates of clients. When left out, clients need a token instead of a certificate. */
  readonly clients?: string | undefined;
}

/** Limits for clients. */
export interface Limits {
  /** The longest request: bytes. */
  readonly line: number;
  /** How long a client may stay connected without a request. */
  readonly idle: number;
  /** How long a client may take to read an answer. */
  readonly write: number;
  /** How many lines a reader of a job's output may be behind. */
  readonly tail: number;
  /** At most this many clients may be connected at a time, at each listener. */
  readonly connections: number;
  /** At most this many of them may be unauthenticated. */
  readonly handshakes: number;
}

const levels = ['debug', 'info', 'warn', 'error', 'silent'];
const host = '127.0.0.1';
const emptyMapping = (): unknown => new Map();
const somewhere = 'a mapping with unix, tcp or tls';

const schema = mapping(
  v.strictObject({
    listen: mapping(
      v.pipe(
        v.strictObject({
          unix: v.optional(word),
          tcp: v.optional(
            mapping(
              v.strictObject({ host: v.optional(word, host), port: wholeNumber(0, 65_535), token: v.optional(word) }),
              'a mapping with a port',
            ),
          ),
          tls: v.optional(
            mapping(
              v.strictObject({
                host: v.optional(word, host),
                port: wholeNumber(0, 65_535),
                cert: word,
                key: word,
                clients: v.optional(word),
                token: v.optional(word),
              }),
              'a mapping with port, cert and key',
            ),
          ),
        }),
        v.check((listen) => Object.keys(listen).length > 0, somewhere),
      ),
      somewhere,
    ),
    concurrency: v.optional(wholeNumber(1), 4),
    grace: v.optional(duration(), 10_000),
    logs: v.optional(word, 'logs'),
    logLevel: v.optional(v.picklist(levels, `one of ${levels.join(', ')}`), 'info'),
    rotate: v.optional(
      mapping(
        v.strictObject({ size: v.optional(wholeNumber(1), 10 * 1024 * 1024), keep: v.optional(wholeNumber(0), 3) }),
        'a mapping with size and keep',
      ),
      emptyMapping,
    ),
    keepRuns: v.optional(wholeNumber(0), 100),
    limits: v.optional(
      mapping(
        v.strictObject({
          line: v.optional(wholeNumber(1), 1024 * 1024),
          idle: v.optional(duration({ positive: true }), 300_000),
          write: v.optional(duration({ positive: true }), 10_000),
          tail: v.optional(wholeNumber(1), 1_000),
          connections: v.optional(wholeNumber(1), 2_000),
          handshakes: v.optional(wholeNumber(1), 200),
        }),
        'a mapping',
      ),
      emptyMapping,
    ),
  }),
  'a mapping with at least the key "listen"',
);

const keys: Readonly<Record<string, readonly string[]>> = {
  '': ['listen', 'concurrency', 'grace', 'logs', 'logLevel', 'rotate', 'keepRuns', 'limits'],
  listen: ['unix', 'tcp', 'tls'],
  'listen.tcp': ['host', 'port', 'token'],
  'listen.tls': ['host', 'port', 'cert', 'key', 'clients', 'token'],
  rotate: ['size', 'keep'],
  limits: ['line', 'idle', 'write', 'tail', 'connections', 'handshakes'],
};

/** @throws {InputError} with everything that is wrong. */
export function parseConfig(text: string, path: string): DaemonConfig {
  const source = text.replace(/^\uFEFF/, '');
  const knownKeys = (at: readonly PropertyKey[]): readonly string[] => keys[at.slice(0, -1).join('.')] ?? [];
  const validated = validate(parseText(source, path), { name: 'a configuration', schema, knownKeys });
  if (validated.input === undefined) throw new InputError(path, source, validated.problems, validated.total);
  const { input } = validated;
  const folder = dirname(resolve(path));
  const { unix, tcp, tls } = input.listen;
  const inFolder = (file: string | undefined): string | undefined => file && resolve(folder, file);
  return {
    ...input,
    listen: {
      unix: inFolder(unix),
      tcp: tcp && { ...tcp, token: inFolder(tcp.token) },
      tls: tls && {
        ...tls,
        token: inFolder(tls.token),
        cert: resolve(folder, tls.cert),
        key: resolve(folder, tls.key),
        clients: inFolder(tls.clients),
      },
    },
    logs: resolve(folder, input.logs),
  };
}
