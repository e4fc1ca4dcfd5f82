import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineMdastPlugin } from 'satteri';
import type { MdastPluginDefinition } from 'satteri';
import { content, pageOf, root } from './records.ts';

const repository = 'https://github.com/tercet/tercet/blob/main/';

/**
 * Pages link to each other's files, as `../guides/errors.md#groups`, so that the links work on GitHub and can be checked
 * without building the site. Here they become addresses of the site; a link to any other file of the repository becomes
 * one to GitHub.
 */
export function linkPages(base: string): MdastPluginDefinition {
  return defineMdastPlugin({
    name: 'link-pages',
    link(node, context) {
      if (context.fileURL === undefined) return;
      const folder = dirname(fileURLToPath(context.fileURL));
      context.setProperty(node, 'url', addressOf(node.url, folder, base));
    },
  });
}

function addressOf(url: string, folder: string, base: string): string {
  // READMEs link to each other by their addresses at GitHub, because they are shown elsewhere, too.
  const isOurs = url.startsWith(repository);
  if (!isOurs && /^([a-z][a-z+.-]*:|#|\/)/.test(url)) return url;
  const [path = '', anchor] = url.slice(isOurs ? repository.length : 0).split('#');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const target = resolve(isOurs ? root : folder, path);
  const page = relative(content, published(target));
  if (page.startsWith('..')) return `${repository}${relative(root, target)}${hash}`;
  if (!page.endsWith('.md')) return url;
  const slug = page.replace(/(^|\/)index\.md$|\.md$/, '').toLowerCase();
  return `${base}/${slug === '' ? '' : `${slug}/`}${hash}`;
}

/** Where a file stands among the pages. */
function published(target: string): string {
  const page = pageOf(relative(root, target));
  return page === undefined ? target : join(content, page);
}
