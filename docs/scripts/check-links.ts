import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const version = process.env['TERCET_DOCS_VERSION'] ?? 'next';

/** Follows every link inside of the built site: to pages, to places in them, and to files. */
export function checkLinks(): { readonly links: number; readonly problems: string[] } {
  const pages = readdirSync(join(dist, version), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => `/${version}/${name}`);
  const anchors = new Map(pages.map((page) => [page, idsIn(read(page))]));
  const problems = new Set<string>();
  let links = 0;
  for (const page of pages) {
    // Text in a program that looks like a link is not one.
    for (const [, url] of read(page)
      .replaceAll(/<pre[\s>][^]*?<\/pre>/g, '')
      .matchAll(/\s(?:href|src)="([^"]+)"/g)) {
      const { origin, pathname, hash } = new URL(url!.replaceAll('&amp;', '&'), `http://site${page}`);
      // The 404 page does not know where it stands.
      if (origin !== 'http://site' || page.endsWith('/404.html')) continue;
      links++;
      const problem = problemOf(decodeURIComponent(pathname), decodeURIComponent(hash.slice(1)), anchors);
      if (problem !== undefined) problems.add(`${page}: ${url} ${problem}`);
    }
  }
  return { links, problems: [...problems] };
}

function problemOf(path: string, anchor: string, anchors: ReadonlyMap<string, Set<string>>): string | undefined {
  const file = path.endsWith('/') ? `${path}index.html` : path;
  if (!existsSync(join(dist, file))) return 'leads nowhere';
  if (anchor === '' || anchor.startsWith('_top')) return undefined;
  return anchors.get(file)?.has(anchor) === false ? 'leads to a place that the page does not have' : undefined;
}

function idsIn(html: string): Set<string> {
  return new Set([...html.matchAll(/\s(?:id|name)="([^"]+)"/g)].map(([, id]) => id!));
}

function read(page: string): string {
  return readFileSync(join(dist, page), 'utf8');
}
