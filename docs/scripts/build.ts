// Builds the site into dist/VERSION, and serves it with --serve.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publishRecords } from './publish-records.ts';
import { serveSite } from './serve-site.ts';
import { writeReference } from './write-reference.ts';

const docs = fileURLToPath(new URL('..', import.meta.url));

export async function buildSite(): Promise<void> {
  publishRecords();
  await writeReference();
  const astro = join(docs, 'node_modules/astro/bin/astro.mjs');
  const env = { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' };
  const { status } = spawnSync(process.execPath, [astro, 'build', '--silent'], { cwd: docs, stdio: 'inherit', env });
  if (status !== 0) throw new Error('astro could not build the site');
  const [latest] = JSON.parse(readFileSync(join(docs, 'versions.json'), 'utf8')) as string[];
  const redirect = `<!doctype html><meta charset="utf-8"><title>Tercet</title><meta http-equiv="refresh" content="0; url=/${latest}/"><a href="/${latest}/">Tercet</a>\n`;
  writeFileSync(join(docs, 'dist/index.html'), redirect);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildSite();
  if (process.argv.includes('--serve')) {
    const { address } = await serveSite(Number(process.env['PORT'] ?? 4321));
    console.log(`${address}/`);
  }
}
