import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));
export const content: string = join(root, 'docs/src/content/docs');

/** A file of the repository that is also a page of the site. Its source stays where programs and readers expect it. */
export interface Record {
  /** Below the root of the repository. */
  readonly source: string;
  /** Below the content of the site. */
  readonly page: string;
  /** The heading with which the page begins, if not with the first one. */
  readonly from?: string;
  /** The heading before which it ends. */
  readonly until?: string;
  /** Its name, if that is not its heading. */
  readonly title?: string;
}

const tour = '## How it is made';

export const records: readonly Record[] = [
  ...['decisions', 'benchmarks'].flatMap((folder) =>
    readdirSync(join(root, 'docs', folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => ({
        source: `docs/${folder}/${name}`,
        page: `${folder}/${name === 'README.md' ? 'index.md' : name}`,
      })),
  ),
  { source: 'docs/undocumented.md', page: 'undocumented.md' },
  { source: 'docs/exploring.md', page: 'guides/exploring.md', title: 'Exploring orders' },
  { source: 'packages/eslint-plugin/README.md', page: 'lint/index.md', title: 'Lint rules' },
  ...readdirSync(join(root, 'packages/eslint-plugin/docs/rules')).map((name) => ({
    source: `packages/eslint-plugin/docs/rules/${name}`,
    page: `lint/${name}`,
  })),
  { source: 'apps/demo/README.md', page: 'about/jobd.md', from: tour, title: 'jobd: a guided tour of a large program' },
  { source: 'apps/demo/README.md', page: 'about/jobd-manual.md', until: tour, title: 'jobd: the manual' },
];

/** The page that shows a file of the repository. */
export function pageOf(source: string): string | undefined {
  return records.find((record) => record.source === source)?.page;
}
