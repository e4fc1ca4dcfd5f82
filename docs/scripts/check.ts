// Checks for which `npm test` has no time or no libraries: the site is built, every link in it is followed, it is opened in a
// browser, and the programs that need other libraries run.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownIn } from '../../test/pages.ts';
import { checkTypes, runSample, samplesOf } from '../../test/samples.ts';
import type { Sample } from '../../test/samples.ts';
import { buildSite } from './build.ts';
import { checkBrowser } from './check-browser.ts';
import { checkLinks } from './check-links.ts';
import { content, root } from './records.ts';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const version = process.env['TERCET_DOCS_VERSION'] ?? 'next';
const problems: string[] = [];

function report(what: string, found: readonly string[]): void {
  problems.push(...found);
  console.log(`${found.length === 0 ? '✓' : '✗'} ${what}`);
  for (const problem of found) console.log(`  ${problem}`);
}

const samples = (await Promise.all(markdownIn(content).map(samplesOf))).flat();
const libraries = samples.filter(({ kind }) => kind === 'libs');
const typesOnly = samples.filter(({ kind }) => kind === 'types');

report(`${libraries.length} programs with other libraries print what is shown`, await runAll(libraries));
report(
  `${libraries.length + typesOnly.length} programs with other libraries have the types that they claim`,
  await checkTypes(root, [...libraries, ...typesOnly]),
);
await buildSite();
const { links, problems: dead } = checkLinks();
report(`${links} links lead somewhere`, dead);
const slugs = readdirSync(join(dist, version), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('index.html'))
  .map((name) => name.replace('index.html', ''));
report(`${slugs.length} pages open in Chromium, and the search answers`, await checkBrowser(slugs));

if (problems.length > 0) process.exitCode = 1;

async function runAll(programs: readonly Sample[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const program of programs) {
    const { printed, code } = await runSample(root, program);
    if (code === 0 && (program.silent || printed === program.output)) continue;
    wrong.push(`${relative(root, program.file)}:${program.line} ended with ${code} and printed:\n${printed}`);
  }
  return wrong;
}
