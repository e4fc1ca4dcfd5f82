import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { runProcess } from '@tercet/proc';
import { realTimeRun } from '../real-time-run.ts';

const before = process.env['TMPDIR'];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tercet-merged-'));
});
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(folder, { recursive: true });
});

const places: Record<string, () => string> = {
  'that is too long for the path of a socket': () => {
    const long = join(folder, 'x'.repeat(120));
    mkdirSync(long);
    return long;
  },
  'that is just too long': () => {
    const room = 107 - Buffer.byteLength(join(folder, '/', 'tercet-xxxxxx/pipe'));
    const long = join(folder, 'y'.repeat(room));
    mkdirSync(long);
    return long;
  },
  'that does not exist': () => join(folder, 'missing'),
  'that cannot be written to': () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o555);
    return closed;
  },
  'that is good': () => folder,
};

for (const [what, make] of Object.entries(places)) {
  it(
    `I-15: one pipe for both outputs works with a TMPDIR ${what}, and leaves nothing behind`,
    realTimeRun(async () => {
      const place = make();
      process.env['TMPDIR'] = place;
      const listed = existsSync(place) ? readdirSync(place) : [];
      const script = 'echo one; echo two >&2; echo three';
      const { stdoutText } = await runProcess('sh', ['-c', script], { captureStdout: true, stderr: 'stdout' });
      expect(stdoutText).toBe('one\ntwo\nthree\n');
      expect(existsSync(place) ? readdirSync(place) : []).toEqual(listed);
      // Node 20 truncates the path of a socket, and creates it beside the folder.
      expect(readdirSync(folder).filter((name) => name.startsWith('tercet-'))).toEqual([]);
    }),
  );
}
