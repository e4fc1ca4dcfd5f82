import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { root } from './workspaces.ts';

const scripts = `${root}scripts/jest/`;

interface Outcome {
  readonly code: unknown;
  readonly output: string;
}

/**
 * Starts jest as a package does, for a folder with one test of this text. Limits are in milliseconds. Returns when everything
 * that writes to the same output has ended.
 */
async function runTest(text: string, limits: { run: number; end: number }): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'tercet-hanging-'));
  try {
    writeFileSync(join(folder, 'sample.test.js'), text);
    const config = {
      rootDir: folder,
      testEnvironment: `${scripts}environment.mjs`,
      reporters: ['default', [`${scripts}ends.mjs`, { patience: limits.end }]],
      testTimeout: 1_000_000,
    };
    const args = ['--config', JSON.stringify(config)];
    const program = [
      `import { startJest } from ${JSON.stringify(pathToFileURL(`${scripts}start.mjs`))};`,
      `startJest(${JSON.stringify(args)}, { limit: ${limits.run} });`,
    ];
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--input-type=module', '--eval', program.join('\n')],
        { timeout: 100_000, killSignal: 'SIGKILL' },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
      );
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('tests that end are not disturbed', async () => {
  const { code, output } = await runTest(`test('ends', () => {});`, { run: 90_000, end: 30_000 });
  expect(output).toContain('1 passed');
  expect(code).toBe(0);
});

// Only Linux tells what a process has started, and Windows has no signal that asks it for a report.
const isLinux = process.platform === 'linux';

test('a run that does not end fails, and on Linux says where it is, and ends with all that it has started', async () => {
  const { code, output } = await runTest(
    `test('hangs', async () => {
      const { spawn } = require('node:child_process');
      const stdio = ${isLinux} ? 'inherit' : 'ignore';
      const { pid } = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio });
      process.stderr.write('started ' + pid + '.');
      await new Promise(() => {});
    });`,
    { run: 15_000, end: 30_000 },
  );
  expect(output).toContain('The tests have not ended in 0.25 minutes. The processes are:');
  expect(code).toBe(1);
  if (!isLinux) return;
  const pid = Number(/started (\d+)\./.exec(output)?.[1]);
  expect(output).toMatch(new RegExp(`^  ${pid} . .*setTimeout`, 'm'));
  expect(output).toMatch(/What keeps its event loop alive:\n[^]*"type":"process"/);
});

test('a run whose tests have ended fails when something keeps its process alive, and says what', async () => {
  const { code, output } = await runTest(`test('leaves a timer', () => void setInterval(() => {}, 1000));`, {
    run: 90_000,
    end: 2000,
  });
  expect(output).toContain('1 passed');
  expect(output).toMatch(/The tests are done, but 2 seconds later the process still has .*Timeout/);
  expect(code).toBe(1);
});
