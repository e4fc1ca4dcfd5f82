import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const content = join(root, 'docs/src/content/docs');
const repository = 'https://github.com/tercet/tercet/blob/main/';

interface Node {
  readonly type: string;
  url?: string;
  readonly children?: readonly Node[];
}

/**
 * Pages link to each other's files, as `../guides/errors.md#groups`, so that the links work on GitHub and can be checked
 * without building the site. Here they become addresses of the site; a link to any other file of the repository becomes
 * one to GitHub.
 */
export function linkPages({ base }: { readonly base: string }): (tree: Node, file: { readonly path?: string }) => void {
  return (tree, { path }) => {
    if (path !== undefined) visit(tree, dirname(path), base);
  };
}

function visit(node: Node, folder: string, base: string): void {
  if (node.url !== undefined) node.url = addressOf(node.url, folder, base);
  for (const child of node.children ?? []) visit(child, folder, base);
}

function addressOf(url: string, folder: string, base: string): string {
  if (/^([a-z][a-z+.-]*:|#|\/)/.test(url)) return url;
  const [path = '', anchor] = url.split('#');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const target = resolve(folder, path);
  const page = relative(content, target);
  if (page.startsWith('..')) return `${repository}${relative(root, target)}${hash}`;
  if (!page.endsWith('.md')) return url;
  const slug = slugOf(target) ?? page.replace(/(^|\/)index\.md$|\.md$/, '').toLowerCase();
  return `${base}/${slug === '' ? '' : `${slug}/`}${hash}`;
}

/** The slug that a page asks for in its first lines. */
function slugOf(file: string): string | undefined {
  try {
    return /^---\n[\s\S]*?^slug: (.*)$[\s\S]*?^---$/m.exec(readFileSync(file, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
