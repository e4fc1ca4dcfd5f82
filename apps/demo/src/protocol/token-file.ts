import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { homedir } from 'node:os';
import { rethrowIfCancelled, shielded } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { openFile, Path } from '@tercet/fs';
import { hasEnded, owner } from '../owner/owner.ts';

// Every user of a machine, and every web page that one of them looks at, can connect to a port. A daemon lets in only
// clients that know a token, which stands in a file that nobody but its user can read. It is made anew at each start.

/** Hosts that lead to the machine itself, in the order in which a client looks for their tokens. */
const loopback = ['127.0.0.1', '::1'];
const anyAddress = ['0.0.0.0', '::'];

/** Where the token of a daemon is that listens there, if its configuration does not say. */
export function usualTokenFile(host: string, port: number): string {
  return usualFolder()
    .join(encodeURIComponent(`${host}:${port}`))
    .toString();
}

function usualFolder(): Path {
  return new Path(homedir(), '.jobd', 'tokens');
}

/** The token of a daemon, which stands in its files for as long as the daemon runs. */
export class Token implements AsyncDisposable {
  readonly #files: readonly string[];
  readonly #text: string;

  private constructor(files: readonly string[], text: string) {
    this.#files = files;
    this.#text = text;
  }

  /** Makes a token, and files with it in the place of older ones. */
  static async make(files: readonly string[]): Promise<Token> {
    const text = randomBytes(32).toString('base64url');
    for (const file of files) await writeToken(new Path(file), text);
    return new Token(files, text);
  }

  /** In the same time, however much of it is right. */
  matches(text: string): boolean {
    return timingSafeEqual(digest(text), digest(this.#text));
  }

  /** Removes the files, but for those that are another daemon's by now. */
  async [Symbol.asyncDispose](): Promise<void> {
    await shielded(async () => {
      for (const file of this.#files) {
        if ((await readToken(file)) === this.#text) await new Path(file).unlink({ missingOk: true });
      }
    });
  }
}

// A new file, moved to its place: others may be able to write there, and neither read it then, nor lead it elsewhere by a link.
async function writeToken(path: Path, text: string): Promise<void> {
  await path.parent.mkdir({ parents: true, existOk: true, mode: 0o700 });
  const fresh = path.withName(`.${path.name}.${randomBytes(6).toString('hex')}`);
  try {
    {
      await using file = await openFile(fresh, 'x', { permissions: 0o600 });
      await file.write(`${text}\n${owner}\n`);
    }
    await fresh.rename(path);
  } catch (error) {
    await shielded(() => fresh.unlink({ missingOk: true }));
    throw error;
  }
}

/** The first line: the second one says which daemon it is of. */
export function tokenIn(text: string): string {
  return text.split('\n', 1)[0]?.trim() ?? '';
}

/** Removes the tokens of daemons that have ended without doing it. @param warn is told what cannot be removed. */
export async function removeOrphanedTokens(warn: (file: string, reason: string) => void): Promise<void> {
  const folder = usualFolder();
  try {
    if (!(await folder.exists())) return;
    for await (const file of folder.iterdir()) {
      const [, whose = ''] = (await file.readText()).split('\n');
      if (hasEnded(whose)) await shielded(() => file.unlink({ missingOk: true }));
    }
  } catch (error) {
    rethrowIfCancelled(error);
    warn(folder.toString(), describeError(error));
  }
}

/** @returns the token in a file, or `undefined` when there is no such file. */
export async function readToken(path: string): Promise<string | undefined> {
  try {
    return tokenIn(await new Path(path).readText());
  } catch (error) {
    rethrowIfCancelled(error);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Looks for the token of a daemon of this user on this machine. A token is only good for the address of its daemon, so
 * that is the host to connect to: with `localhost` another program could be there, at an address that nobody has taken.
 */
export async function findToken(
  host: string,
  port: number,
): Promise<{ readonly host: string; readonly token: string } | undefined> {
  const hosts = host === 'localhost' ? loopback : [host];
  for (const name of hosts) {
    const token = await readToken(usualTokenFile(name, port));
    if (token !== undefined) return { host: name, token };
  }
  for (const name of hosts.some((one) => loopback.includes(one)) ? anyAddress : []) {
    const token = await readToken(usualTokenFile(name, port));
    if (token !== undefined) return { host: hosts[0] ?? host, token };
  }
  return undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
