import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { homedir } from 'node:os';
import { rethrowIfCancelled, shielded } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { openFile, Path } from '@tercet/fs';
import { hasEnded, owner } from '../owner/owner.ts';

// Every user of a machine, and every web page that one of them opens, can connect to a port. So a daemon admits only clients
// that know a token. It is in a file that only the daemon's user can read, and a new one is made at each start.

/** Hosts that lead to the machine itself, in the order in which a client looks for their tokens. */
const loopback = ['127.0.0.1', '::1'];
const anyAddress = ['0.0.0.0', '::'];

/** The default file for the token of a daemon that listens there. */
export function usualTokenFile(host: string, port: number): string {
  return usualFolder()
    .join(encodeURIComponent(`${host}:${port}`))
    .toString();
}

function usualFolder(): Path {
  return new Path(homedir(), '.jobd', 'tokens');
}

/** The token of a daemon. It is in its files as long as the daemon runs. */
export class Token implements AsyncDisposable {
  readonly #files: readonly string[];
  readonly #text: string;

  private constructor(files: readonly string[], text: string) {
    this.#files = files;
    this.#text = text;
  }

  /** Makes a token and writes it to files, which replace older ones. */
  static async make(files: readonly string[]): Promise<Token> {
    const text = randomBytes(32).toString('base64url');
    for (const file of files) await writeToken(new Path(file), text);
    return new Token(files, text);
  }

  /** Takes the same time whether much of the token is right or little. */
  matches(text: string): boolean {
    return timingSafeEqual(digest(text), digest(this.#text));
  }

  /** Removes the files, except for those that another daemon has replaced since. */
  async [Symbol.asyncDispose](): Promise<void> {
    await shielded(async () => {
      for (const file of this.#files) {
        if ((await readToken(file)) === this.#text) await new Path(file).unlink({ missingOk: true });
      }
    });
  }
}

// A new file is moved into place. Even if others can write to the folder, they can neither read it nor redirect it by a link.
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

/** The first line is the token; the second one identifies the daemon. */
export function tokenIn(text: string): string {
  return text.split('\n', 1)[0]?.trim() ?? '';
}

/** Removes the tokens of daemons that have crashed. @param warn called with what cannot be removed. */
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
 * Looks for the token of a daemon of this user on this machine. A token is sent only to the address of its daemon, so the
 * client connects to that: `localhost` may lead to another address, where another program listens.
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
