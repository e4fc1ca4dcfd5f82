// The tests of one package under one runtime. All of them run jest, also Bun: in the runner of its own,
// `expect(promise).rejects` waits for the promise without letting the test go on, which then cannot settle it.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knownDifferences } from './known-differences.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const flags = {
  node: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  bun: ['--bun'],
  deno: ['run', '--allow-all', '--quiet'],
};
const minutes = 5;

/**
 * How it went: the counts of tests, what has failed, in words, and how many tests have failed as they are known to.
 *
 * @returns `failed` is true when anything has failed that is not known.
 */
export async function runSuite({ name, kind, file }, folder) {
  const report = join(tmpdir(), `tercet-${process.pid}-${name}-${folder}.json`);
  // The reporters of the package's configuration count for `npm test`.
  const options = ['--json', `--outputFile=${report}`, '--reporters=default', '--colors=false'];
  // Under Bun `testRun` does not notice a server that a test leaves open, to be noticed, and jest would wait for it.
  if (kind === 'bun') options.push('--forceExit');
  const { code, output } = await execute(file, [...flags[kind], jest, ...options], join(root, 'packages', folder));
  try {
    const { numPassedTests, numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const all = testResults.filter(({ status }) => status === 'failed').flatMap(failuresOf);
    const failures = all.filter(({ title }) => knownDifferences[name]?.[title] === undefined);
    const known = all.length - failures.length;
    const failed = failures.length > 0 || (code !== 0 && known === 0);
    return { passed: numPassedTests, total: numTotalTests, failures: failures.map(({ text }) => text), known, failed };
  } catch {
    return { passed: 0, total: 0, failures: [output.slice(-2000)], known: 0, failed: true };
  } finally {
    rmSync(report, { force: true });
  }
}

function failuresOf({ name, message, assertionResults }) {
  const tests = assertionResults.filter(({ status }) => status === 'failed');
  const where = name.slice(root.length);
  if (tests.length === 0) return [{ title: undefined, text: `${where}: ${firstLines(message)}` }];
  return tests.map(({ fullName, failureMessages }) => ({
    title: fullName,
    text: `${where}: ${fullName}\n${firstLines(failureMessages.join('\n'))}`,
  }));
}

function firstLines(text) {
  return text
    .split('\n')
    .slice(0, 8)
    .map((line) => `      ${line}`)
    .join('\n');
}

async function execute(file, args, cwd) {
  return await new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: minutes * 60_000 });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal !== null) output += `\nended by ${signal}, after ${minutes} minutes at most`;
      resolve({ code, output });
    });
  });
}
