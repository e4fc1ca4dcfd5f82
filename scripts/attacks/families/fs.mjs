// Attacks on fs: cancellation in the middle, a full disk, a link that takes the place of a folder, patterns that take long.
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CancelScope, isCancelled, openNursery, run } from '@tercet/core';
import { seededRandom } from '@tercet/core/lowlevel';
import { openFile, openTemporaryDirectory, openTemporaryFile, Path, PurePosixPath, writeAtomic } from '@tercet/fs';
import { withResource } from '../../with-resource.mjs';
import { descriptors } from '../../process-figures.mjs';
import { onSmallDisk } from '../small-disk.mjs';
import { until } from '../until.mjs';
import { Victim } from '../victim.mjs';

export const attacks = {
  'cancelled-operations': {
    bound: '5,000 operations, most of them cancelled at random: no descriptor more, no temporary file, no error',
    timeout: 300,
    async attack(trial) {
      const random = seededRandom(1);
      const home = new Path(trial.folder);
      writeFileSync(join(trial.folder, 'source'), 'x'.repeat(200_000));
      const operations = [
        () => home.join('source').readBytes(),
        () => home.join('source').copy(join(trial.folder, `copy-${Math.floor(random() * 20)}`)),
        () => writeAtomic(join(trial.folder, `atomic-${Math.floor(random() * 20)}`), Buffer.alloc(100_000)),
        async () => withResource(await openFile(join(trial.folder, 'source')), (file) => file.readLine()),
        async () =>
          withResource(await openTemporaryFile('w+', { parent: trial.folder }), ({ file }) =>
            file.write('x'.repeat(70_000)),
          ),
        async () =>
          withResource(await openTemporaryDirectory({ parent: trial.folder }), ({ path }) =>
            path.join('a').writeText('x'),
          ),
        () => home.join(`text-${Math.floor(random() * 20)}`).writeText('x'.repeat(50_000)),
        async () => {
          for await (const path of home.walk()) if (path.files.length < 0) return;
        },
      ];
      const before = descriptors();
      const errors = [];
      let cancelled = 0;
      await run(() =>
        openNursery((nursery) => {
          for (let task = 0; task < 50; task++) {
            nursery.startSoon(async () => {
              for (let n = 0; n < 100; n++) {
                const scope = new CancelScope();
                const operation = operations[Math.floor(random() * operations.length)];
                if (random() < 0.9) setTimeout(() => scope.cancel(), random() * 8);
                try {
                  await scope.run(operation);
                } catch (error) {
                  if (!isCancelled(error)) errors.push(String(error));
                }
                if (scope.cancelledCaught) cancelled++;
              }
            });
          }
        }),
      );
      await until(() => descriptors() <= before + 1, 5_000);
      const names = readdirSync(trial.folder);
      const left = names.filter((name) => !/^(source|copy-\d+|atomic-\d+|text-\d+)$/.test(name));
      trial.atMost(descriptors(), before + 1, 'descriptors');
      trial.equal([left, errors.slice(0, 3)], [[], []], 'temporary files, errors');
      trial.hold(cancelled > 1_000, `only ${cancelled} were cancelled`);
      return `${cancelled} cancelled, descriptors ${before} → ${descriptors()}, ${left.length} files left, ${errors.length} errors`;
    },
  },

  'full-disk': {
    bound:
      'on a disk of 1 MiB each way to write says ENOSPC; old content is intact, nothing is left, no descriptor is open',
    timeout: 300,
    async attack(trial) {
      const victim = await onSmallDisk(trial, 'full-disk');
      const { codes, old, names, opened } = await victim.call('fill', join(trial.folder, 'disk'));
      trial.equal(
        Object.values(codes),
        Object.values(codes).map(() => 'ENOSPC'),
        'codes',
      );
      trial.equal([old, opened], ['old', 0], 'old content, descriptors more');
      trial.equal(
        names.filter((name) => !/^(old|partial|opened)$/.test(name)),
        [],
        'files left',
      );
      return `${Object.entries(codes)
        .map(([name, code]) => `${name} ${code}`)
        .join(', ')}; left: ${names.join(', ')}; descriptors +${opened}`;
    },
  },

  'open-umask': {
    bound: 'with umask 0 temporary files are 600, folders 700; `writeAtomic` keeps 600 and 4755',
    timeout: 300,
    async attack(trial) {
      process.umask(0);
      const modeOf = (path) => (statSync(String(path)).mode & 0o7777).toString(8);
      const modes = await run(async () => {
        const found = [];
        await withResource(await openTemporaryFile('w+', { parent: trial.folder }), async ({ path }) =>
          found.push(modeOf(path)),
        );
        await withResource(await openTemporaryDirectory({ parent: trial.folder }), async ({ path }) =>
          found.push(modeOf(path)),
        );
        for (const mode of [0o600, 0o4755]) {
          const path = new Path(trial.folder, `kept-${mode}`);
          await path.writeText('old');
          await path.chmod(mode);
          await path.writeAtomic('new');
          found.push(modeOf(path));
        }
        return found;
      });
      trial.equal(modes, ['600', '700', '600', '4755'], 'permissions');
      return modes.join(', ');
    },
  },

  'R-8-swapped-folder': {
    bound:
      'twenty seconds of `remove({ recursive: true })`, while another process replaces a folder by a link: no file outside is removed',
    timeout: 300,
    async attack(trial) {
      const victim = join(trial.folder, 'outside');
      mkdirSync(victim);
      const files = 200;
      for (let n = 0; n < files; n++) writeFileSync(join(victim, `file-${n}`), 'x');
      const swapper = await Victim.start('swapper', { trial });
      await swapper.call('swap', { tree: join(trial.folder, 'tree'), victim });
      let [rounds, refused] = [0, 0];
      await run(async () => {
        for (const end = Date.now() + 20_000; Date.now() < end; rounds++) {
          const tree = new Path(trial.folder, 'tree');
          const sub = tree.join('sub');
          try {
            await sub.mkdir({ parents: true, existOk: true });
            for (let n = 0; n < 30; n++) await sub.join(`inside-${n}`).writeText('x');
            await tree.remove({ recursive: true });
          } catch (error) {
            if (error?.code === undefined) throw error;
            refused++;
          }
        }
      });
      const { swaps } = await swapper.call('stop');
      const missing = files - readdirSync(victim).filter((name) => name.startsWith('file-')).length;
      trial.equal(missing, 0, 'files removed outside');
      trial.hold(swaps > 50, `the folder was replaced only ${swaps} times`);
      return `${rounds} rounds (${refused} ended with an error), ${swaps} swaps, ${missing} of ${files} files removed outside`;
    },
  },

  'slow-patterns': {
    bound:
      'the worst patterns of `match` take at most a second each; braces that stand for more than 1,000 are refused',
    timeout: 300,
    async attack(trial) {
      const text = `${'a'.repeat(60)}b`;
      const patterns = {
        '*a × 25': `${'*a'.repeat(25)}c`,
        '+( × 8': `${'+('.repeat(8)}a${')'.repeat(8)}c`,
        '**/ × 12': `${'**/a/'.repeat(12)}c`,
        '{a,b} × 22': '{a,b}'.repeat(22),
      };
      const figures = [];
      for (const [name, pattern] of Object.entries(patterns)) {
        const path = name.startsWith('**') ? `${'a/'.repeat(60)}b` : text;
        const begun = performance.now();
        let answer;
        try {
          answer = String(new PurePosixPath(path).match(pattern));
        } catch (error) {
          answer = `refused: ${error.message}`;
        }
        const took = performance.now() - begun;
        trial.hold(answer !== 'true', `${name} matches`);
        trial.atMost(took, 1_000, `${name}: ms`);
        figures.push(`${name}: ${took.toFixed(0)} ms${answer === 'false' ? '' : `, ${answer.slice(0, 60)}`}`);
      }
      return figures.join('; ');
    },
  },
};
