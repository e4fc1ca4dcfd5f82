import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = join(root, 'docs/src/content/docs/reference');
const raw = join(root, 'docs/node_modules/.tercet-reference');

/** An entry point of a package: a page of the reference. */
interface Entry {
  readonly specifier: string;
  readonly source: string;
  readonly page: string;
}

const entries: readonly Entry[] = readdirSync(join(root, 'packages'))
  .filter((folder) => existsSync(join(root, 'packages', folder, 'src/index.ts')))
  .flatMap((folder) => {
    const { exports } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as {
      exports: Record<string, string | { readonly '@tercet/source'?: string }>;
    };
    return Object.entries(exports).flatMap(([entry, target]) => {
      const source = typeof target === 'string' ? undefined : target['@tercet/source'];
      if (source === undefined) return [];
      const name = entry === '.' ? folder : `${folder}-${entry.slice(2)}`;
      const specifier = `@tercet/${folder}${entry.slice(1)}`;
      return [{ specifier, source: join(root, 'packages', folder, source), page: `${name.replaceAll('/', '-')}.md` }];
    });
  });

/** Writes a page for each entry point, from the comments in the sources. */
export async function writeReference(): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const [order, entry] of entries.entries()) {
    await convert(entry);
    const file = readdirSync(raw, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.md'));
    if (file === undefined) throw new Error(`typedoc has written nothing for ${entry.specifier}`);
    writeFileSync(join(out, entry.page), pageOf(entry, readFileSync(join(raw, file), 'utf8'), order));
  }
}

async function convert({ source }: Entry): Promise<void> {
  rmSync(raw, { recursive: true, force: true });
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: [source],
    tsconfig: join(root, 'docs/tsconfig.reference.json'),
    skipErrorChecking: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    disableSources: true,
    readme: 'none',
    out: raw,
    logLevel: 'Error',
    validation: false,
    sanitizeComments: true,
    groupOrder: ['Functions', 'Classes', 'Variables', 'Interfaces', 'Type Aliases'],
    sort: ['alphabetical'],
    // Of typedoc-plugin-markdown, whose options typedoc does not know by type.
    ...({
      outputFileStrategy: 'modules',
      hideBreadcrumbs: true,
      hidePageHeader: true,
      hidePageTitle: true,
      useCodeBlocks: true,
      useHTMLAnchors: true,
      anchorPrefix: 'api-',
      expandObjects: true,
      parametersFormat: 'table',
      propertiesFormat: 'table',
    } as object),
  });
  const project = await app.convert();
  if (project === undefined) throw new Error(`typedoc could not read ${source}`);
  await app.generateOutputs(project);
}

function pageOf({ specifier }: Entry, markdown: string, order: number): string {
  const head = `---\ntitle: '${specifier}'\neditUrl: false\nsidebar:\n  order: ${order}\ntableOfContents:\n  maxHeadingLevel: 3\n---\n\n`;
  return head + markdown;
}
