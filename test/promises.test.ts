import { describe, expect, test } from '@jest/globals';
import { packages, readText, rootManifest } from './workspaces.ts';

interface Row {
  readonly section: string;
  readonly promise: string;
  /** The file of a test, or a command. */
  readonly where: string;
  readonly title: string;
}

const rows = [...readText('docs/promises.md').matchAll(/^## (.*)$|^\| (.*?) +\| `([^`]+)`: (.*?) +\|$/gm)].reduce<
  Row[]
>((found, [, heading, promise, where, title]) => {
  const section = heading ?? found.at(-1)?.section ?? '';
  return [...found, { section, promise: promise ?? '', where: where ?? '', title: title ?? '' }];
}, []);
const promises = rows.filter(({ where }) => where !== '');
const withTests = promises.filter(({ where }) => where.endsWith('.ts'));

/** The points at the head of a README, in front of how to install the package. */
function pointsOf(readme: string): string[] {
  const [head = ''] = readme.split('```sh');
  return [...head.matchAll(/^- (.*)$/gm)].map(([, point]) => plain(point ?? ''));
}

/** Without the marks of Markdown, and without quotes, whose kind depends on what is inside of them. */
function plain(text: string): string {
  return text.replaceAll(/[*`'"\\]/g, '');
}

describe('docs/promises.md', () => {
  test('names tests that exist', () => {
    expect(withTests.length).toBeGreaterThan(100);
    const missing = withTests.filter(
      ({ where, title }) => title.length < 10 || !plain(readText(where)).includes(plain(title)),
    );
    expect(missing.map(({ where, title }) => `${where}: ${title}`)).toEqual([]);
  });

  test('names commands that exist, where no test can hold a promise', () => {
    const commands = promises.filter(({ where }) => !where.endsWith('.ts'));
    const missing = commands.filter(
      ({ where }) => !((/^npm run ([\w:]+)/.exec(where)?.[1] ?? '') in (rootManifest.scripts ?? {})),
    );
    expect(missing).toEqual([]);
  });

  test.each(packages)('has a row for each point at the head of the README of $name', ({ path, name }) => {
    const points = pointsOf(readText(`${path}/README.md`));
    expect(points.length).toBeGreaterThan(3);
    const kept = promises.filter(({ section }) => section === name).map(({ promise }) => plain(promise));
    expect(points.filter((point) => !kept.some((promise) => point.startsWith(promise)))).toEqual([]);
  });
});
