// Makes the template of a service take the versions that the packages have now.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = `${root}templates/service/package.json`;
const versions = new Map(
  readdirSync(`${root}packages`).map((folder) => {
    const { name, version } = JSON.parse(readFileSync(`${root}packages/${folder}/package.json`, 'utf8'));
    return [name, version];
  }),
);

const manifest = JSON.parse(readFileSync(file, 'utf8'));
for (const kind of ['dependencies', 'devDependencies']) {
  for (const name of Object.keys(manifest[kind])) {
    if (versions.has(name)) manifest[kind][name] = `^${versions.get(name)}`;
  }
}
writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
