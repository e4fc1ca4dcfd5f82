/** Part of every message. It is raised when an old program would misunderstand a new one. */
export const protocolVersion = 1;

/** A request of a client. One object per line; answers carry the same id. */
export type Request = { readonly id: string } & RequestBody;

export type RequestBody =
  /** The first request over TCP, and over TLS without certificates. */
  | { readonly op: 'authenticate'; readonly token: string }
  /** `text`: the content of a job file. `path`: its path, for relative folders and for errors. `jobs`: only these. */
  | {
      readonly op: 'submit';
      readonly path: string;
      readonly text: string;
      readonly jobs?: readonly string[] | undefined;
    }
  | { readonly op: 'list'; readonly run?: number | undefined }
  /** A run, or one of its jobs: `3`, `3/build`. */
  | { readonly op: 'cancel'; readonly target: string }
  | { readonly op: 'tail'; readonly job: string };

/** A request has any number of events, and then either a result or an error. Errors about no request have no id. */
export type Answer =
  | { readonly id: string; readonly event: TailEvent }
  | { readonly id: string; readonly result: unknown }
  | { readonly id?: string; readonly error: { readonly code: ErrorCode; readonly message: string } };

export type TailEvent = { readonly line: string } | { readonly missed: number };

export type ErrorCode =
  | 'line-too-long'
  | 'unauthorized'
  | 'not-json'
  | 'bad-version'
  | 'bad-request'
  | 'bad-job-file'
  | 'not-found'
  | 'shutting-down'
  | 'internal';

export interface JobReport {
  /** `3/build`: the job `build` of the third run. */
  readonly job: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly attempts: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly log: string;
}

/** Why a request cannot be carried out. It is sent to the client. */
export class RequestError extends Error {
  override readonly name: string = 'RequestError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
