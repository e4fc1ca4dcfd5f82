// Attacks on the logs that jobd keeps on the disk.
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon, jobd } from '../daemon.mjs';
import { smallDiskAt } from '../small-disk.mjs';
import { NotTried } from '../trial.mjs';
import { until } from '../until.mjs';

const modeOf = (path) => (statSync(path).mode & 0o777).toString(8);

export const attacks = {
  'R-4-logs-that-stay': {
    bound:
      'a job makes the log folder of an old run unremovable (as user nobody, `keepRuns: 1`): the daemon goes on, so does the job of another run, and a warning says so',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { keepRuns: 1, listen: { unix: 'jobd.sock' } }, asNobody(trial));
      const other = await daemon.submit({ other: { run: 'sleep 47' } });
      const logs = join(daemon.folder, 'logs');
      for (let n = 0; n < 4; n++)
        await daemon.runJobs({ trap: { run: `mkdir -p ${logs}/2/x/y; chmod 000 ${logs}/2/x` } });
      await until(() => daemon.log.some(({ level, run }) => level === 40 && run === 2), 20_000);
      const warned = daemon.log.some(({ level, run }) => level === 40 && run === 2);
      const [{ status }] = (await daemon.ask({ op: 'list', run: other })).result.jobs;
      const left = readdirSync(logs);
      trial.equal(
        [daemon.isAlive, status, warned, left.includes('2')],
        [true, 'running', true, true],
        'alive, other job, warning, folder stays',
      );
      trial.equal(daemon.failures, [], 'level 50');
      execFileSync('chmod', ['-R', 'u+rwX', logs]);
      return `alive, other job ${status}, warned; logs left: ${left.join(', ')}`;
    },
  },

  'R-10-private-logs': {
    bound: 'with umask 022 logs are 600 in folders of 700',
    timeout: 600,
    async attack(trial) {
      process.umask(0o022);
      const daemon = await Daemon.start(trial);
      await daemon.runJobs({ a: { run: 'echo secret' } });
      const paths = ['logs', 'logs/1', 'logs/1/a.log'].map((path) => join(daemon.folder, path));
      const modes = paths.map(modeOf);
      trial.equal(modes, ['700', '700', '600'], 'permissions');
      return modes.join(', ');
    },
  },

  'R-12-full-disk': {
    bound:
      'with the logs on a full disk of 1 MiB a loud job fails with ENOSPC as its reason, the daemon goes on, and serves when there is space again',
    timeout: 600,
    async attack(trial) {
      const logs = join(trial.folder, 'daemon', 'logs');
      const daemon = await Daemon.start(
        trial,
        { rotate: { size: 10_000_000, keep: 1 } },
        { prefix: smallDiskAt(logs) },
      );
      const { loud } = await daemon.runJobs({ loud: { run: 'yes | head -c 3000000' } });
      const { last } = await daemon.runJobs({ last: { run: `rm -f ${logs}/1/*; echo fine` } });
      const { later } = await daemon.runJobs({ later: { run: 'echo fine' } });
      trial.hold(loud.status === 'failed' && /ENOSPC/.test(loud.reason), `loud job: ${loud.status}, ${loud.reason}`);
      trial.equal(
        [later.status, daemon.isAlive, daemon.failures],
        ['succeeded', true, []],
        'later job, alive, level 50',
      );
      return `${loud.status}: ${loud.reason}; then ${last.status}, ${later.status}`;
    },
  },

  'R-17-links-for-logs': {
    bound:
      'a link, a FIFO or a device in the place of a log is not followed: the job fails or its log is new, the target is untouched',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const victim = join(daemon.folder, 'victim');
      writeFileSync(victim, 'untouched');
      const statuses = {};
      const plant = {
        link: `ln -sf ${victim} `,
        FIFO: 'mkfifo ',
        device: 'ln -sf /dev/null ',
      };
      for (const [kind, command] of Object.entries(plant)) {
        const run = await daemon.submit({
          first: { run: `${command} ${daemon.folder}/logs/$(ls ${daemon.folder}/logs | sort -n | tail -1)/second.log` },
          second: { run: 'echo overwritten', needs: ['first'] },
        });
        let jobs;
        await until(async () => {
          ({ jobs } = (await daemon.ask({ op: 'list', run })).result);
          return jobs.every(({ status }) => status !== 'running' && status !== 'waiting');
        }, 30_000);
        statuses[kind] = jobs.map(({ status }) => status).join('+');
      }
      trial.equal(readFileSync(victim, 'utf8'), 'untouched', 'target of the link');
      trial.equal(
        Object.values(statuses).filter((status) => /running|waiting/.test(status)),
        [],
        'jobs that wait',
      );
      trial.equal([await daemon.isFine(), daemon.failures], [true, []], 'answer, level 50');
      return `${Object.entries(statuses)
        .map(([kind, status]) => `${kind}: ${status}`)
        .join(', ')}; target untouched`;
    },
  },
};

/** Root may remove everything, so it attacks as another user. */
function asNobody(trial) {
  if (process.getuid() !== 0) return {};
  const prefix = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const [file, ...args] = [...prefix, process.execPath, '--check', jobd];
  if (spawnSync(file, args).status !== 0) throw new NotTried('another user cannot start jobd here');
  const folder = join(trial.folder, 'daemon');
  mkdirSync(folder);
  mkdirSync(join(folder, 'tmp'));
  for (const each of [folder, join(folder, 'tmp')]) chownSync(each, 65_534, 65_534);
  return { prefix };
}
