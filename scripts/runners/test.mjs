// Runs the tests of small projects, one for each test runner whose setup the README of @tercet/testing explains, against the
// packages that would be published. It uses the Node of this process, or those that are named:
//   npm run test:runners -- node20 node24
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeProject, pack } from '../npm-project.mjs';
import { installed } from '../runtimes/install.mjs';

const packages = ['core', 'sync', 'streams', 'testing'];
const dependencies = ['jest@30', 'ts-jest@29', 'vitest@4', 'typescript@5.9', '@types/node@20'];
const jest = 'node_modules/jest/bin/jest.js';

/**
 * The arguments of Node that start each project in its folder, and the number of its tests that pass. One more waits for ever,
 * and its error says why. `race` is a test that explores and fails.
 */
const projects = {
  'jest-commonjs': { start: [`../${jest}`, '--colors=false'], passing: 3, race: 'jest.test.ts' },
  'jest-esm': {
    start: ['--experimental-vm-modules', `../${jest}`, '--colors=false'],
    passing: 3,
    race: 'jest.test.ts',
  },
  vitest: { start: ['../node_modules/vitest/vitest.mjs', 'run'], passing: 5, race: 'vitest.test.ts' },
  'node-test': { start: ['--test', '--test-reporter=tap'], passing: 3, race: 'node.test.mjs' },
};

const chosen = process.argv.length > 2 ? process.argv.slice(2) : [`node${process.versions.node.split('.')[0]}`];
const runtimes = chosen.map((name) => installed(name));

const work = mkdtempSync(join(tmpdir(), 'tercet-runners-'));
try {
  await install();
  for (const { name, version, file } of runtimes) {
    for (const [project, { start, passing, race }] of Object.entries(projects)) {
      check(project, passing, runTests(file, start, join(work, project)));
      checkReproduction(project, race, (options, env) =>
        runTests(file, [...start, ...options], join(work, project), env),
      );
      console.log(
        `${project} under ${name} ${version}: ${passing} tests pass, one fails with the reason, one race is reproduced`,
      );
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Packs the packages, and installs them beside the runners. */
async function install() {
  const tarballs = await pack(packages, join(work, 'tarballs'));
  await makeProject(work, [...dependencies, ...tarballs]);
  cpSync(new URL('fixtures', import.meta.url), work, { recursive: true });
}

function runTests(node, args, cwd, more = {}) {
  // No colours, so that the counts can be found.
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', NODE_OPTIONS: '', ...more };
  const { status, stdout, stderr } = spawnSync(node, args, { cwd, env, encoding: 'utf8', timeout: 300_000 });
  return { status, output: `${stdout}\n${stderr}` };
}

function check(project, passing, { status, output }) {
  assert.equal(status, 1, `${project} ended with ${status}, but one test fails:\n${output}`);
  assert.match(output, new RegExp(`\\b(${passing} passed|pass ${passing})\\b`), `tests of ${project}:\n${output}`);
  assert.match(output, /\b(1 failed|fail 1)\b/, `tests of ${project}:\n${output}`);
  assert.match(output, /nothing can ever wake this run[^]*waiting for sleepForever/, `tests of ${project}:\n${output}`);
}

/** Follows the report of a failed exploration as a reader would: runs its command, which repeats the order that has failed. */
function checkReproduction(project, race, start) {
  const file = join(work, project, race.replace(/^\w+/, 'race'));
  cpSync(new URL(`races/${race}`, import.meta.url), file);
  try {
    const found = start([], {}).output;
    const line =
      /to see it again: TERCET_SEED=(\S+) (?:npm test -- (-t) |node --test (--test-name-pattern)=)'(.*)'/.exec(found);
    assert(line !== null, `${project} does not say how to see the race again:\n${found}`);
    const [, seed, short, long, title] = line;
    const again = start(short === undefined ? [`${long}=${title}`] : [short, title], { TERCET_SEED: seed }).output;
    const report = /under the seed (\d+): RangeError: backwards[^]*?the tasks at that moment/;
    const decisions = (text) => report.exec(text)?.[0].replaceAll(/^\s+/gm, '');
    assert.match(again, /run 1 has failed/, `the race of ${project} is not seen again:\n${again}`);
    assert.equal(decisions(again), decisions(found), `another order of ${project} has failed`);
  } finally {
    rmSync(file);
  }
}
