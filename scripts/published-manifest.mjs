// npm runs this around the packing of a package, in its folder. `write` makes its package.json the one that users get:
// without the condition that leads the siblings in this repository to its sources, and without the scripts, which need the
// repository. `restore` puts back what was there.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const manifest = 'package.json';
const kept = 'package.json.unpacked';

const [action] = process.argv.slice(2);
if (action !== 'write' && action !== 'restore') throw new Error(`write or restore, not ${action}`);

// One that is there before `write` was left by a packing that was interrupted.
if (existsSync(kept)) renameSync(kept, manifest);

if (action === 'write') {
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(kept, text);
  const next = `${manifest}.next`;
  writeFileSync(next, `${JSON.stringify(published(JSON.parse(text)), null, 2)}\n`);
  // A process that reads the manifest meanwhile finds one of the two, and nothing half written.
  renameSync(next, manifest);
}

function published({ scripts: _scripts, devDependencies: _tools, ...rest }) {
  return { ...rest, exports: Object.fromEntries(Object.entries(rest.exports).map(withoutSource)) };
}

function withoutSource([entry, target]) {
  if (typeof target === 'string') return [entry, target];
  const { '@tercet/source': _source, ...offers } = target;
  return [entry, offers];
}
