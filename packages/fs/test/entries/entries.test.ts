import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { abandonable, shielded } from '@tercet/core';
import { FsError } from '@tercet/fs';
import type { Path } from '@tercet/fs';
import { asNobody } from '../support/as-nobody.ts';
import { collect, inFolder } from '../support/in-folder.ts';
import { KINDS, makeEntry, stateOf } from './entry.ts';
import type { Kind } from './entry.ts';
import { IN_A_FOLDER, OPERATIONS } from './operations.ts';
import type { Operation } from './operations.ts';

/** A process at the other end of a FIFO. */
class Peer implements AsyncDisposable {
  readonly #process;

  constructor(path: Path, role: 'reader' | 'writer') {
    const script = role === 'reader' ? 'cat "$0" > /dev/null' : 'printf content > "$0"';
    this.#process = spawn('sh', ['-c', `exec 2>/dev/null; ${script}`, path.toString()], { stdio: 'ignore' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await shielded(() => abandonable(once(this.#process, 'exit')));
  }
}

const as = <T>(kind: Kind, body: () => Promise<T>): Promise<T> => (kind === 'unreadable' ? asNobody(body) : body());

async function outcome(kind: Kind, body: () => Promise<unknown>): Promise<unknown> {
  try {
    return await as(kind, body);
  } catch (error) {
    // An error must name one of the given paths: any other would mislead the reader.
    const internal = /\/proc\/self|\/\.[\w-]{12}|tmp-[\w-]{12}/;
    if (!(error instanceof FsError) || internal.test(String(error))) throw error;
    return error.code;
  }
}

async function perform(operation: Operation, kind: Kind, path: Path, folder: Path): Promise<unknown> {
  if (kind !== 'fifo' || operation.peer === undefined) return outcome(kind, () => operation.run(path, folder));
  await using _ = new Peer(path, operation.peer);
  return await outcome(kind, () => operation.run(path, folder));
}

describe.each(OPERATIONS)('$name', (operation) => {
  it.each(KINDS.map((kind, i) => [kind, operation.comesTo[i]]))(
    'I-6: on %s has the outcome in the table',
    (kind, expected) =>
      inFolder(async (folder) => {
        const path = makeEntry(folder, kind as Kind);
        const came = await perform(operation, kind as Kind, path, folder);
        expect(came).toEqual(expected);
        // Nothing else was changed.
        const left = readdirSync(folder.toString(), 'latin1').filter((name) => /^\.|tmp/.test(name));
        expect(left).toEqual([]);
      })(),
  );
});

describe.each(KINDS)('a folder with %s', (kind) => {
  it('I-12: lists it in iterdir, walk and glob under its name', () =>
    inFolder(async (folder) => {
      const { name } = makeEntry(folder, kind);
      const { listed } = IN_A_FOLDER[kind];
      const [top] = await collect(folder.walk());
      expect({ dirs: top?.dirs.includes(name), files: top?.files.includes(name) }).toEqual({
        dirs: listed === 'dirs',
        files: listed === 'files',
      });
      const there = listed !== 'nowhere';
      expect((await collect(folder.iterdir())).some((path) => path.name === name)).toBe(there);
      expect(folder.iterdirSync().some((path) => path.name === name)).toBe(there);
      expect((await collect(folder.glob('*'))).some((path) => path.name === name)).toBe(there);
    })());

  it('I-5: is copied with it, or fails with an error that says why', () =>
    inFolder(async (folder) => {
      const tree = folder.join('tree');
      mkdirSync(tree.toString());
      const { name } = makeEntry(tree, kind);
      if (process.geteuid?.() === 0) chownSync(folder.toString(), 65_534, 65_534);
      const { copied } = IN_A_FOLDER[kind];
      const copy = folder.join('copy');
      const came = await outcome(kind, async () => stateOf((await tree.copy(copy)).join(name)));
      expect(came).toBe(copied);
      // Changes of the copy do not change the original.
      const original = stateOf(tree.join(name));
      if (copy.join(name).isFileSync()) writeFileSync(Buffer.from(copy.join(name).toBytes()), 'changed');
      expect(stateOf(tree.join(name))).toBe(original);
    })());
});
