import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CancelScope } from '@tercet/core';
import { openTemporaryDirectory, Path } from '@tercet/fs';
import { removeTree } from '../../src/operations/remove-tree.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { asNobody } from '../support/as-nobody.ts';
import { inFolder } from '../support/in-folder.ts';
import { pretend } from '../support/pretend.ts';

const descriptors = (): number => readdirSync('/proc/self/fd').length;

function plant(folder: Path): { readonly tree: Path; readonly victim: Path } {
  const [tree, victim] = [folder.join('tree'), folder.join('victim')];
  for (const name of ['tree/sub/a/b', 'victim/a/b']) {
    mkdirSync(folder.join(name).toString(), { recursive: true });
    for (const file of ['1', '../2']) writeFileSync(folder.join(name).toString() + `/${file}`, 'x');
  }
  return { tree, victim };
}

const allBelow = (path: Path): string[] => (readdirSync(path.toString(), { recursive: true }) as string[]).sort();

/** Runs the steps one by one, with other actions in between, as another process might. @returns the number of steps. */
function stepByStep(steps: Steps<void>, between: (count: number) => void): number {
  let count = 0;
  for (let next = steps.next(); next.done !== true; count++) {
    const call = next.value;
    between(count);
    let value: unknown;
    let error: unknown;
    try {
      value = call === 'rest' ? undefined : call.sync();
    } catch (failure) {
      error = failure;
    }
    next = error === undefined ? steps.next(value) : steps.throw(error);
  }
  return count;
}

/** Replaces a folder by a link at the given step. The removal may fail or not. */
function attack(folder: Path, at: number, name: string): string {
  const { tree, victim } = plant(folder);
  const before = allBelow(victim);
  const open = descriptors();
  const target = tree.join(name);
  try {
    stepByStep(removeTree(tree.toString()), (count) => {
      if (count !== at || !existsSync(target.toString())) return;
      renameSync(target.toString(), folder.join('taken').toString());
      symlinkSync(victim.toString(), target.toString());
    });
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error;
  }
  const untouched = JSON.stringify(allBelow(victim)) === JSON.stringify(before) && descriptors() === open;
  folder.join('taken').removeSync();
  tree.removeSync();
  victim.removeSync();
  return untouched ? 'untouched' : `${name} replaced at step ${at}`;
}

describe('remove', () => {
  it(
    'R-8: cannot be led out of the tree by a link that replaces a folder, at any step',
    inFolder(async (folder) => {
      const { tree } = plant(folder);
      const steps = stepByStep(removeTree(tree.toString()), () => undefined);
      expect(steps).toBeGreaterThan(20);
      const outcomes = new Set<string>();
      for (const name of ['sub', 'sub/a']) {
        for (let at = 0; at < steps; at++) outcomes.add(attack(folder, at, name));
      }
      expect([...outcomes]).toEqual(['untouched']);
      await folder.exists();
    }),
  );

  it(
    'R-8: removes a link that has replaced a folder, and throws if the current folder was moved away',
    inFolder(async (folder) => {
      const { tree, victim } = plant(folder);
      let replaced = false;
      stepByStep(removeTree(tree.toString()), () => {
        if (replaced || existsSync(tree.join('sub', 'a').toString())) return;
        replaced = true;
        symlinkSync(victim.toString(), tree.join('sub', 'a').toString());
      });
      expect([replaced, existsSync(tree.toString()), existsSync(victim.toString())]).toEqual([true, false, true]);
      plant(folder);
      let moved = false;
      const moving = (): number =>
        stepByStep(removeTree(tree.toString()), () => {
          if (moved || existsSync(tree.join('sub', 'a', 'b', '1').toString())) return;
          moved = true;
          renameSync(tree.join('sub', 'a', 'b').toString(), folder.join('elsewhere').toString());
        });
      expect(moving).toThrow(`another process moved the folder during its removal, rmdir '${tree.toString()}/sub/a/b'`);
      await folder.exists();
    }),
  );

  it(
    'R-8: treats a link to a folder as a link, and needs few descriptors for a tree of any depth',
    inFolder(async (folder) => {
      const { victim } = plant(folder);
      const whole = allBelow(victim);
      symlinkSync('victim', folder.join('link').toString());
      await folder.join('link').remove({ recursive: true });
      expect([existsSync(folder.join('link').toString()), allBelow(victim)]).toEqual([false, whole]);
      const deep = folder.join('deep');
      mkdirSync(deep.join(...Array.from({ length: 300 }, () => 'd')).toString(), { recursive: true });
      const before = descriptors();
      let most = 0;
      stepByStep(removeTree(deep.toString()), () => {
        most = Math.max(most, descriptors() - before);
      });
      expect(existsSync(deep.toString())).toBe(false);
      expect(most).toBeLessThanOrEqual(2);
      expect(most).toBeGreaterThan(0);
    }),
  );

  it(
    'removes entries that others add meanwhile, but not for ever',
    inFolder(async (folder) => {
      const { tree } = plant(folder);
      let added = 0;
      const add = (name: string) => (): void => {
        const path = tree.join('sub', 'a');
        if (!existsSync(path.toString()) || existsSync(path.join('1').toString())) return;
        if (added < 10) writeFileSync(path.join(`${name}${added++}`).toString(), 'x');
      };
      stepByStep(removeTree(tree.toString()), add('late'));
      expect([added, existsSync(tree.toString())]).toEqual([10, false]);
      plant(folder);
      const endless = (): number =>
        stepByStep(removeTree(tree.toString()), (count) => {
          if (existsSync(tree.join('sub').toString())) writeFileSync(tree.join('sub', `late${count}`).toString(), 'x');
        });
      expect(endless).toThrow(`ENOTEMPTY: directory not empty, rmdir '${tree.toString()}/sub'`);
      await folder.exists();
    }),
  );

  it(
    'R-8: names the path that could not be removed in the error',
    inFolder(async (folder) => {
      const { tree } = plant(folder);
      chmodSync(tree.join('sub', 'a').toString(), 0o555);
      const failure: unknown = await asNobody(() => tree.remove({ recursive: true }).catch((error: unknown) => error));
      expect(failure).toMatchObject({
        name: 'FsError',
        code: 'EACCES',
        path: expect.stringContaining(tree.toString()),
      });
      expect(String(failure)).not.toContain('/proc/self');
      expect((failure as Error).cause).toHaveProperty('code', 'EACCES');
    }),
  );

  it(
    'stops in the middle when it is cancelled, and leaves no descriptor open',
    inFolder(async (folder) => {
      const tree = folder.join('tree');
      for (let i = 0; i < 200; i++) {
        mkdirSync(tree.join(`d${i}`).toString(), { recursive: true });
        writeFileSync(tree.join(`d${i}`, 'x').toString(), 'x');
      }
      const before = descriptors();
      const scope = new CancelScope();
      const removing = scope.run(async () => {
        const removal = tree.remove({ recursive: true });
        scope.cancel();
        await removal;
      });
      await removing;
      expect(scope.cancelledCaught).toBe(true);
      expect(readdirSync(tree.toString()).length).toBeGreaterThan(0);
      expect(descriptors()).toBe(before);
    }),
  );
});

describe('openTemporaryDirectory', () => {
  it.each(['linux', 'darwin'] as const)(
    'I-20: on %s, is removed even if folders in it are read-only or unreadable',
    (platform) =>
      inFolder(async (folder) => {
        using _ = pretend(platform);
        chmodSync(folder.toString(), 0o777);
        await asNobody(async () => {
          await using temporary = await openTemporaryDirectory({ dir: folder });
          for (const [name, mode] of Object.entries({ readonly: 0o555, closed: 0o000, blind: 0o300 })) {
            const path = temporary.path.join(name);
            await path.join('below').mkdir({ parents: true });
            await path.join('below', 'x').writeText('x');
            await path.chmod(mode);
          }
        });
        expect(readdirSync(folder.toString())).toEqual([]);
      })(),
  );

  it.each(['linux', 'darwin'] as const)(
    'I-20: on %s, does not change permissions of the target of a link in it',
    (platform) =>
      inFolder(async (folder) => {
        using _ = pretend(platform);
        for (const path of [folder, folder.join('victim')]) {
          mkdirSync(path.toString(), { recursive: true });
          chmodSync(path.toString(), 0o777);
        }
        await asNobody(async () => {
          const victim = folder.join('victim', 'own');
          await victim.mkdir();
          await victim.chmod(0o500);
          await using temporary = await openTemporaryDirectory({ dir: folder });
          await temporary.path.join('sub').mkdir();
          await temporary.path.join('sub', 'link').symlinkTo(victim);
          await temporary.path.join('sub').chmod(0o500);
        });
        expect(statSync(folder.join('victim', 'own').toString()).mode & 0o777).toBe(0o500);
        expect(readdirSync(folder.toString())).toEqual(['victim']);
      })(),
  );

  it(
    'on other systems, a folder without permission stays if it is not temporary, and the error names it',
    inFolder(async (folder) => {
      using _ = pretend('darwin');
      const { tree } = plant(folder);
      chmodSync(tree.join('sub', 'a').toString(), 0o555);
      const removal = asNobody(() => tree.remove({ recursive: true }));
      await expect(removal).rejects.toMatchObject({ name: 'FsError', code: 'EACCES' });
      expect(statSync(tree.join('sub', 'a').toString()).mode & 0o777).toBe(0o555);
    }),
  );
});
