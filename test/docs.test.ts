import { describe, expect, it } from '@jest/globals';
import { join, relative } from 'node:path';
import { sidebar } from '../docs/sidebar.ts';
import { linksOf, markdownIn, problemOf } from './pages.ts';
import { checkTypes, runSample, samplesOf } from './samples.ts';
import { runsHere, withSlashes } from './systems.ts';
import { filesIn, packages, readText, root } from './workspaces.ts';

const content = join(root, 'docs/src/content/docs');
const pages = markdownIn(content);
const samples = (await Promise.all(pages.map(samplesOf))).flat();
const programs = samples.filter(({ kind, source }) => kind === 'program' && runsHere(source));

/** The number of programs that run at a time. They mostly wait for timers, and for Node to start. */
const atATime = 3;

type Outcome = Awaited<ReturnType<typeof runSample>>;
let outcomes: Promise<Outcome>[] | undefined;

/** Runs all programs, each after the one `atATime` places before it. */
function runAll(): Promise<Outcome>[] {
  const lanes: Promise<unknown>[] = new Array(atATime).fill(Promise.resolve());
  return programs.map((sample, index) => {
    const outcome = lanes[index % atATime]!.then(() => runSample(root, sample));
    outcome.catch(() => undefined);
    lanes[index % atATime] = outcome.catch(() => undefined);
    return outcome;
  });
}

describe('the programs of the documentation', () => {
  programs.forEach((sample, index) => {
    it(`${relative(content, sample.file)}, line ${sample.line}, runs and prints what is shown`, async () => {
      const { printed, code } = await (outcomes ??= runAll())[index]!;
      expect({ code, printed }).toEqual({ code: 0, printed: sample.silent ? printed : sample.output });
    });
  });

  it('have the types that they claim', async () => {
    expect(await checkTypes(root, programs)).toEqual([]);
  }, 120_000);

  it('show what they print', () => {
    const mute = samples.filter(
      ({ kind, silent, output }) => /program|libs/.test(kind) && !silent && output === undefined,
    );
    expect(mute.map(({ file, line }) => `${relative(content, file)}:${line}`)).toEqual([]);
  });

  it('are whole: each imports the names that it uses', () => {
    const parts = samples.filter(
      ({ kind, source }) => /program|libs|types/.test(kind) && !/^(import |export \{\})/m.test(source),
    );
    expect(parts.map(({ file, line }) => `${relative(content, file)}:${line}`)).toEqual([]);
  });
});

describe('the pages of the documentation', () => {
  it('link to files and headings that exist', () => {
    const files = [
      ...['src', 'decisions', 'benchmarks'].flatMap((folder) => markdownIn(join(root, 'docs', folder))),
      ...['undocumented', 'exploring', 'ends'].map((name) => join(root, 'docs', `${name}.md`)),
      ...markdownIn(join(root, 'packages/eslint-plugin/docs')),
      ...packages.map(({ path }) => join(root, path, 'README.md')),
      ...['README.md', 'CONTRIBUTING.md', 'apps/demo/README.md'].map((name) => join(root, name)),
    ];
    expect(files.flatMap(linksOf).flatMap((link) => problemOf(link, root) ?? [])).toEqual([]);
  });

  it('list each process warning of the packages', () => {
    const listed = readText('docs/src/content/docs/guides/seeing-inside.md').match(/(?<=^\| `)Tercet\w+/gm) ?? [];
    // A name in quotes that begins like this is the type of a warning, or the name of the class of errors.
    const emitted = packages
      .flatMap(({ path }) => filesIn(`${path}/src`))
      .flatMap((file) => readText(file).match(/(?<=')Tercet(?!Error)\w+(?=')/g) ?? []);
    expect(listed.sort()).toEqual([...new Set(emitted)].sort());
  });

  it('all stand in the sidebar', () => {
    const listed = sidebar.flatMap(({ items }) => items.map((slug) => `${slug}.md`));
    const found = pages.map((page) => withSlashes(relative(content, page))).filter((page) => page !== 'index.md');
    expect(listed.sort()).toEqual(found.sort());
  });
});
