import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, it } from '@jest/globals';
import { installJobd } from './installed-jobd.ts';

it('tests of the real program run the sources as they are: an edit leads to another installation', () => {
  const now = installJobd();
  expect(installJobd()).toBe(now);
  const edited = installJobd(({ path, text }) => (basename(path) === 'main.ts' ? `${text}\n// edited\n` : text));
  expect(edited).not.toBe(now);
  expect(readFileSync(edited, 'utf8')).toContain('// edited');
  expect(readFileSync(now, 'utf8')).not.toContain('// edited');
  expect(dirname(dirname(dirname(edited)))).toBe(dirname(dirname(dirname(now))));
});
