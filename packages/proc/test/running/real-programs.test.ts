import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openNursery } from '@tercet/core';
import { runProcess } from '@tercet/proc';
import type { Process } from '@tercet/proc';
import { realTimeRun } from '../real-time-run.ts';

let folder: string;
const text = 'a line of text that compresses well\n'.repeat(20_000);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tercet-programs-'));
  mkdirSync(join(folder, 'files'));
  writeFileSync(join(folder, 'files', 'one.txt'), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

const output = async (file: string, args: string[]): Promise<string> =>
  (await runProcess(file, args, { captureStdout: true, cwd: folder })).stdoutText;

describe('real programs', () => {
  it(
    'git makes a repository, and fails elsewhere with its reason',
    realTimeRun(async () => {
      const repository = join(folder, 'repository');
      await runProcess('git', ['init', '--quiet', repository]);
      expect(await output('git', ['-C', repository, 'status', '--short'])).toBe('');
      await expect(
        runProcess('git', ['log'], { cwd: repository, captureStderr: true, stdout: 'ignore' }),
      ).rejects.toThrow(/^git log failed with exit code 128\nfatal: /);
    }),
  );

  it(
    'gzip compresses a text, and python3 decompresses it',
    realTimeRun(async () => {
      const { stdout } = await runProcess('gzip', ['-c'], { stdin: text, captureStdout: true });
      expect(gunzipSync(stdout!).toString()).toBe(text);
      const program = 'import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))';
      const { stdoutText } = await runProcess('python3', ['-c', program], { stdin: stdout!, captureStdout: true });
      expect(stdoutText).toBe(text);
    }),
  );

  it(
    'tar is piped into gzip',
    realTimeRun(async () => {
      const file = join(folder, 'files.tar.gz');
      await openNursery(async (nursery) => {
        const tar = await nursery.start<Process>((taskStatus) =>
          runProcess('tar', ['-c', 'files'], { cwd: folder, stdout: 'pipe', taskStatus }),
        );
        await runProcess('gzip', [], { stdin: tar.stdout!, stdout: { file } });
      });
      expect(await output('tar', ['-tzf', file])).toBe('files/\nfiles/one.txt\n');
      expect(readFileSync(file).length).toBeLessThan(10_000);
    }),
  );

  it(
    'a shell runs a pipeline',
    realTimeRun(async () => {
      const { stdoutText } = await runProcess('cat files/one.txt | wc -l', [], {
        shell: true,
        captureStdout: true,
        cwd: folder,
      });
      expect(Number(stdoutText)).toBe(20_000);
    }),
  );
});
