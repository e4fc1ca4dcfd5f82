import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from './workspaces.ts';

/** A link of a Markdown file to another one of the repository. */
export interface Link {
  readonly file: string;
  readonly line: number;
  readonly to: string;
}

/** The Markdown files in a folder, and in those below it, without those that a build of the site has written. */
export function markdownIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !/(^|[\\/])(node_modules|dist|reference)[\\/]/.test(name))
    .map((name) => join(folder, name))
    .filter((file) => !/^---\n[^]*?^editUrl: false$[^]*?^---$/m.test(readFileSync(file, 'utf8')))
    .sort();
}

/** The links of a Markdown file to files of the repository, also those to a place in itself. */
export function linksOf(file: string): Link[] {
  return withoutCode(readFileSync(file, 'utf8'))
    .split('\n')
    .flatMap((text, index) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map((match) => ({ file, line: index + 1, to: inRepository(match[1]!, file) }))
        .filter(({ to }) => !/^[a-z][a-z+.-]*:/.test(to)),
    );
}

/** A link to the repository on GitHub, as a relative one. READMEs need whole addresses, since registries show them, too. */
function inRepository(to: string, file: string): string {
  const path = /^https:\/\/github\.com\/tercet\/tercet\/(?:blob|tree)\/main\/(.*)$/.exec(to)?.[1];
  return path === undefined ? to : relative(dirname(file), join(root, path));
}

/** Says what is wrong with a link, if anything is. */
export function problemOf({ file, line, to }: Link, root: string): string | undefined {
  const [path = '', anchor] = to.split('#');
  const target = path === '' ? file : resolve(dirname(file), path);
  const where = `${relative(root, file)}:${line}: ${to}`;
  // The reference is written when the site is built.
  if (/[\\/]reference[\\/]/.test(target)) return undefined;
  if (!existsSync(target)) return `${where} leads to a file that does not exist`;
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  return anchorsOf(target).has(anchor) ? undefined : `${where} leads to a heading that does not exist`;
}

/** The anchors of the headings in a file, made as GitHub and the site make them. */
export function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutCode(readFileSync(file, 'utf8')).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading!
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    let unique = slug;
    for (let number = 1; anchors.has(unique); number++) unique = `${slug}-${number}`;
    anchors.add(unique);
  }
  return anchors;
}

// Blank lines in place of the code, so that the numbers of the lines stay.
function withoutCode(text: string): string {
  return text
    .replaceAll(/^([ ]*)```[\s\S]*?^\1```$/gm, (block) => block.replaceAll(/[^\n]/g, ''))
    .replaceAll(/`[^`\n]*`/g, (code) => (code.includes('](') ? '' : code));
}
