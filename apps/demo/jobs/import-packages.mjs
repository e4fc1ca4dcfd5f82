// Imports what has been built of each package, as its users will.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

for (const folder of readdirSync('packages')) {
  const manifest = `packages/${folder}/package.json`;
  if (!existsSync(manifest)) continue;
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const exported = Object.keys(await import(name));
  console.log(`${name} ${version} exports ${exported.length} names`);
}
