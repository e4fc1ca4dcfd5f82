// Attacks on jobd by job files: made to cost much, to break out, or to be misunderstood.
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../client.mjs';
import { Daemon, jobd } from '../daemon.mjs';
import { inMiB, mostResident, resident } from '../../process-figures.mjs';

const numbered = (count, text) => Array.from({ length: count }, (_, n) => text(n)).join('');

/** The files with which jobd could be stopped for seconds to minutes, and whether they are valid. */
const expensive = {
  '10,000 jobs': [`jobs:\n${numbered(10_000, (n) => `  a${n}: { run: "true" }\n`)}`, true],
  '20,000 variables': [`jobs:\n  a:\n    run: "true"\n    env:\n${numbered(20_000, (n) => `      K${n}: v\n`)}`, true],
  '10,000 × a1: 1': [`jobs:\n${numbered(10_000, (n) => `  a${n}: 1\n`)}`, false],
  '20,000 × a1: 1': [`jobs:\n${numbered(20_000, (n) => `  a${n}: 1\n`)}`, false],
  '900,000 brackets': ['['.repeat(900_000), false],
  'a key 20,000 times': [`jobs:\n${'  a: { run: x }\n'.repeat(20_000)}`, false],
  '100,000 unknown needs': [`jobs: { a: { run: x, needs: [${'b,'.repeat(100_000)}] } }`, false],
};

/** Files that must be refused, and the form of each refusal. */
const hostile = {
  '../../etc': 'jobs: { ../../etc: { run: x } }',
  '/etc/passwd': 'jobs: { /etc/passwd: { run: x } }',
  newline: 'jobs: { "a\\nb": { run: x } }',
  ANSI: 'jobs: { "\\e[2J": { run: x } }',
  __proto__: 'jobs: { __proto__: { run: x } }',
  'aliases of aliases': `${numbered(9, (n) => `l${n}: &l${n} [${n === 0 ? '' : `*l${n - 1},`.repeat(9)}1]\n`)}jobs: *l8\n`,
  'an alias of itself': 'jobs: &a { a: *a }',
  merge: 'a: &a { run: x }\njobs: { b: { <<: *a, needs: [c] } }',
  'duplicate keys': 'jobs: { a: { run: x }, a: { run: y } }',
  tag: 'jobs: { a: { run: !!js/function "x" } }',
  'two documents': 'jobs: { a: { run: x } }\n---\njobs: {}',
  'a needs itself': 'jobs: { a: { run: x, needs: [a] } }',
};

/** Whether a text has control characters, which a terminal may obey, except for tabs and the ends of lines. */
const hasControls = (text) => /\p{Cc}/u.test(text.replaceAll(/[\t\n]/g, ''));

export const attacks = {
  'R-5-expensive-files': {
    bound:
      'seven files that cost seconds to minutes: one step of the daemon takes at most 60 ms of processor time (Node 24), and at most 200 ms while 10,000 valid jobs begin, mostly garbage collection; other clients are answered, answers have at most 20 KB, memory +400 MiB at most',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { concurrency: 1, limits: { idle: '10m' } });
      await daemon.submit({ busy: { run: 'sleep 47' } });
      const observer = await Client.open(daemon.socket);
      await daemon.state();
      await sleep(500);
      const calm = await daemon.state();
      const memory = resident(daemon.pid);
      const figures = [];
      for (const [name, [text, isValid]] of Object.entries(expensive)) {
        const client = await Client.open(daemon.socket);
        await daemon.state();
        await sleep(50);
        const begun = performance.now();
        client.request({ op: 'submit', path: '/tmp/jobs.yaml', text });
        let [longest, asked] = [0, 0];
        while (client.answers.length === 0 && !client.ended && performance.now() - begun < 60_000) {
          const now = performance.now();
          trial.hold(
            (await observer.ask({ op: 'list', run: 1 }, 30_000))?.result !== undefined,
            `${name}: no answer for another client`,
          );
          longest = Math.max(longest, performance.now() - now);
          asked++;
          await sleep(5);
        }
        const { blocked, step } = await daemon.state();
        const [answer] = client.answers;
        trial.hold(
          isValid ? answer?.result !== undefined : answer?.error?.code === 'bad-job-file',
          `${name}: ${JSON.stringify(answer)?.slice(0, 200)}`,
        );
        if (!isValid) trial.atMost(JSON.stringify(answer ?? '').length, 20_000, `${name}: bytes of the answer`);
        if (!Number.isNaN(step) && step !== null)
          trial.atMost(step, name === '10,000 jobs' ? 200 : 60, `${name}: ms of processor time in one step`);
        // This and the delay of the event loop depend on what else the machine does. It was seconds to minutes.
        trial.atMost(longest, 10_000, `${name}: ms that another client waits`);
        figures.push(
          `${name}: ${step === null ? '' : `${step.toFixed(0)} ms, `}held up ${Math.max(blocked, 0).toFixed(0)} ms, another client waits ${longest.toFixed(0)} ms at most`,
        );
        client.close();
      }
      const more = mostResident(daemon.pid) - memory;
      trial.atMost(more, 400, 'MiB more');
      return `without a file: held up ${calm.blocked.toFixed(0)} ms; ${figures.join('; ')}; memory +${inMiB(more)}`;
    },
  },

  'hostile-files': {
    bound:
      'hostile names, aliases, merges, keys, tags and documents are refused with their place, and nothing is made in the folder',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const taken = [];
      for (const [name, text] of Object.entries(hostile)) {
        const answer = await daemon.ask({ op: 'submit', path: join(daemon.folder, 'jobs.yaml'), text });
        const message = answer?.error?.message ?? '';
        const isGood =
          answer?.error?.code === 'bad-job-file' && /jobs\.yaml:\d+:\d+/.test(message) && !hasControls(message);
        if (!isGood) taken.push(`${name}: ${JSON.stringify(answer).slice(0, 150)}`);
      }
      trial.equal(taken, [], 'not refused with a place');
      trial.equal(readdirSync(join(daemon.folder, 'logs')), [], 'folders of logs');
      return `${Object.keys(hostile).length} refused with their place`;
    },
  },

  'R-6-names-of-JavaScript': {
    bound: 'jobs and variables called `constructor` and `prototype` are run and seen; `__proto__` is refused',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const text =
        '{"jobs":{"build":{"run":"true"},"constructor":{"run":"exit 1"},"prototype":{"run":"test \\"$constructor\\" = seen","env":{"constructor":"seen"}},"after":{"run":"true","needs":["constructor"]}}}';
      const reports = await daemon.runJobs(text, 'jobs.json');
      const statuses = Object.fromEntries(Object.entries(reports).map(([name, { status }]) => [name, status]));
      trial.equal(
        statuses,
        { build: 'succeeded', constructor: 'failed', prototype: 'succeeded', after: 'skipped' },
        'jobs',
      );
      const refused = await daemon.ask({
        op: 'submit',
        path: '/tmp/a.json',
        text: '{"jobs":{"__proto__":{"run":"true"}}}',
      });
      trial.equal(refused?.error?.code, 'bad-job-file', '__proto__');
      return Object.entries(statuses)
        .map(([name, status]) => `${name} ${status}`)
        .join(', ');
    },
  },

  'R-9-NUL': {
    bound: 'a NUL in `run`, `env` or `cwd` is refused with its place, and ends no job',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const run = await daemon.submit({ sibling: { run: 'sleep 47' } });
      const codes = [];
      for (const job of [
        { run: ['a\0b'] },
        { run: 'a\0b' },
        { run: 'x', env: { A: 'a\0b' } },
        { run: 'x', cwd: 'a\0b' },
      ]) {
        const answer = await daemon.ask({
          op: 'submit',
          path: '/tmp/a.json',
          text: JSON.stringify({ jobs: { a: job, b: { run: 'true' } } }),
        });
        codes.push(answer?.error?.code);
      }
      const [{ status }] = (await daemon.ask({ op: 'list', run })).result.jobs;
      trial.equal([codes, status], [Array(4).fill('bad-job-file'), 'running'], 'codes, sibling');
      trial.equal(daemon.failures, [], 'level 50');
      return `${codes.length} refused, sibling ${status}`;
    },
  },

  'R-11-deep-JSON': {
    bound: 'JSON 100,000 levels deep is answered with `bad-job-file`, and the connection goes on',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const client = await Client.open(daemon.socket);
      const codes = [];
      for (const path of ['/tmp/a.json', '/tmp/a.yaml']) {
        const text = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
        codes.push((await client.ask({ op: 'submit', path, text }))?.error?.code);
      }
      const after = (await client.ask({ op: 'list' }))?.result !== undefined;
      trial.equal(
        [codes, after, client.ended],
        [['bad-job-file', 'bad-job-file'], true, false],
        'codes, answer afterwards, end',
      );
      return `${codes.join(', ')}; connection goes on`;
    },
  },

  'R-13-escapes': {
    bound:
      'no control character of a program, a path, an output or an error reaches the terminal of `list`, `tail`, `run` or `submit`',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const evil = '\u001b]0;EVIL\u0007\u001b[2J\u009b31m';
      const jobs = {
        a: { run: [`no-such-program${evil}`] },
        b: { run: `printf '${evil}\\nend\\n'` },
        c: { run: 'true', cwd: `/no${evil}` },
      };
      await daemon.runJobs(jobs);
      const file = join(daemon.folder, 'evil.json');
      writeFileSync(file, JSON.stringify({ jobs }));
      const bad = join(daemon.folder, 'bad.yaml');
      writeFileSync(
        bad,
        `jobs: { a: { run: x, "${evil.replaceAll('\u001b', '\\e').replaceAll('\u0007', '\\a').replaceAll('\u009b', '\\N')}": 1 } }\n`,
      );
      const found = [];
      const commands = [
        ['list'],
        ['list', '--json'],
        ['tail', '1/a'],
        ['tail', '1/b'],
        ['submit', '-w', file],
        ['submit', bad],
        ['run', file],
        ['run', '--json', file],
        ['run', bad],
        ['cancel', `9/${evil}`],
      ];
      for (const args of commands) {
        const { stdout, stderr } = spawnSync(process.execPath, [jobd, ...args], {
          env: { ...process.env, HOME: daemon.folder, JOBD_ADDRESS: daemon.socket },
          encoding: 'utf8',
        });
        if (hasControls(stdout + stderr)) found.push(args.join(' '));
      }
      trial.equal(found, [], 'commands with control characters');
      return `${commands.length} commands, none with control characters`;
    },
  },

  'R-15-numbers-for-names': {
    bound: 'jobs with numbers for names keep the order of the file',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial);
      const text = '{"jobs":{"b":{"run":"true"},"10":{"run":"true"},"2":{"run":"true"},"a":{"run":"true"}}}';
      const answer = await daemon.ask({ op: 'submit', path: '/tmp/a.json', text });
      trial.equal(answer?.result?.jobs, ['1/b', '1/10', '1/2', '1/a'], 'jobs');
      return answer?.result?.jobs.join(', ');
    },
  },
};
