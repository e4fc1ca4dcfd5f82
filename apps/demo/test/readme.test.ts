import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { parseConfig } from '../src/daemon/config.ts';
import { parseJobFile } from '../src/job-file/parse-job-file.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const root = dirname(dirname(folder.replace(/\/$/, '')));
const readme = readFileSync(join(folder, 'README.md'), 'utf8');

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);
}

it('the job file of the README is a good one', () => {
  expect(blocks('yaml').map((text) => [...parseJobFile(text, 'jobs.yaml').jobs.keys()])).toEqual([
    ['install', 'build', 'test'],
    ['count'],
  ]);
});

it('the configuration of the README is a good one, and shows the defaults', () => {
  const [text = ''] = blocks('yaml config');
  const listen = /^listen:\n( .*\n)*/.exec(text)?.[0] ?? '';
  expect(parseConfig(text, '/etc/jobd.yaml')).toEqual(parseConfig(listen, '/etc/jobd.yaml'));
});

it('the fragments of the README stand in the files that it names', () => {
  const sections =
    readme
      .split(/^## How it is made$/m)[1]
      ?.split(/^### /m)
      .slice(1) ?? [];
  expect(sections.length).toBeGreaterThan(5);
  const missing = sections.flatMap((section) => {
    const file = /\]\((.*?\.ts)\)/.exec(section)?.[1] ?? '';
    const source = squeeze(readFileSync(join(folder, file), 'utf8'));
    const fragments = [...section.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, text = '']) => text);
    return fragments.filter((fragment) => !source.includes(squeeze(fragment)));
  });
  expect(missing).toEqual([]);
});

it('the broken job file has the errors that the README shows', () => {
  const [output = ''] = blocks('text');
  const path = join(folder, 'jobs/broken.yaml');
  const shown = relative(root, path).replaceAll(sep, '/');
  expect(() => parseJobFile(readFileSync(path, 'utf8'), shown)).toThrow(
    output.slice(output.indexOf('\n') + 1).trimEnd(),
  );
});

/** Without what the formatter decides. */
function squeeze(text: string): string {
  return text.replace(/\s+/g, '').replace(/,\)/g, ')');
}
