import { satteri } from '@astrojs/markdown-satteri';
import starlight from '@astrojs/starlight';
import { defineConfig, passthroughImageService } from 'astro/config';
import llmsTxt from 'starlight-llms-txt';
import { linkPages } from './scripts/link-pages.ts';
import { sidebar } from './sidebar.ts';

// There is one version so far, below /next/: what is on the main branch. TERCET_DOCS_VERSION=0.1 builds a release below /0.1/,
// beside it; the workflow has to do that from the first release on, and versions.json has to list it.
const version = process.env['TERCET_DOCS_VERSION'] ?? 'next';

/** Pages that are records of the repository, after the pages of their part. */
const recorded: Record<string, string[]> = {
  Guides: ['guides/exploring'],
  About: ['about/jobd', 'about/jobd-manual', 'undocumented'],
};

export default defineConfig({
  site: 'https://tercet.dev',
  base: `/${version}`,
  outDir: `dist/${version}`,
  trailingSlash: 'always',
  image: { service: passthroughImageService() },
  markdown: { processor: satteri({ mdastPlugins: [linkPages(`/${version}`)] }) },
  integrations: [
    starlight({
      title: 'Tercet',
      description: 'Structured concurrency for TypeScript, on native async/await.',
      customCss: ['./src/styles.css'],
      components: { SiteTitle: './src/components/SiteTitle.astro' },
      social: [{ icon: 'github', label: 'GitHub', href: 'https://github.com/tercet/tercet' }],
      editLink: { baseUrl: 'https://github.com/tercet/tercet/edit/main/docs/' },
      plugins: [
        llmsTxt({
          projectName: 'Tercet',
          promote: ['start/**', 'tutorial/**', 'guides/**'],
          demote: ['decisions/**', 'benchmarks/**'],
          exclude: ['decisions/**', 'benchmarks/**', 'reference/**', 'coming-from/**', 'the-same-in/**'],
        }),
      ],
      sidebar: [
        ...sidebar.map(({ label, items }) => ({
          label,
          collapsed: label !== 'Start here' && label !== 'Tutorial' && label !== 'Guides',
          items: [...items, ...(recorded[label] ?? [])],
        })),
        { label: 'Lint rules', collapsed: true, items: [{ autogenerate: { directory: 'lint' } }] },
        { label: 'Reference', collapsed: true, items: [{ autogenerate: { directory: 'reference' } }] },
        { label: 'Benchmarks', collapsed: true, items: [{ autogenerate: { directory: 'benchmarks' } }] },
        { label: 'Decisions', collapsed: true, items: [{ autogenerate: { directory: 'decisions' } }] },
      ],
    }),
  ],
});
