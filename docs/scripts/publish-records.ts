import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { content, records, root } from './records.ts';
import type { Record } from './records.ts';

/** Copies the records among the pages. The heading of each becomes its title. */
export function publishRecords(): void {
  for (const folder of ['decisions', 'benchmarks']) {
    rmSync(join(content, folder), { recursive: true, force: true });
    mkdirSync(join(content, folder), { recursive: true });
    for (const name of readdirSync(join(root, 'docs', folder))) {
      if (!name.endsWith('.md')) copyFileSync(join(root, 'docs', folder, name), join(content, folder, name));
    }
  }
  rmSync(join(content, 'lint'), { recursive: true, force: true });
  mkdirSync(join(content, 'lint'), { recursive: true });
  for (const record of records) publish(record);
}

function publish(record: Record): void {
  const source = join(root, record.source);
  const page = join(content, record.page);
  const text = readFileSync(source, 'utf8');
  const heading = /^# (.*)$/m.exec(text)?.[1]?.replaceAll('`', '') ?? record.page;
  const begin = text.indexOf('\n', text.indexOf(record.from ?? '# '));
  const end = record.until === undefined ? text.length : text.indexOf(record.until);
  const order = basename(page) === 'index.md' ? 0 : Number(/^\d+/.exec(basename(page))?.[0] ?? 1);
  const head = [
    '---',
    `title: ${JSON.stringify(record.title ?? heading)}`,
    'editUrl: false',
    'sidebar:',
    `  order: ${order}`,
    '---',
  ];
  const body = text.slice(begin, end).replaceAll(/\]\(([^)\s]+)\)/g, (link, url: string) => {
    if (/^([a-z][a-z+.-]*:|#)/.test(url)) return link;
    // Records that stand side by side go on standing so, with what they show.
    if (/^(decisions|benchmarks)\//.test(record.page)) return link.replace('README.md', 'index.md');
    return `](${relative(dirname(page), resolve(dirname(source), url))})`;
  });
  writeFileSync(page, `${head.join('\n')}\n${body}`);
}
