// The lint rules of packages/eslint-plugin, for oxlint in this repository: made from their sources each time oxlint starts, in
// memory. So nothing has to be built before, no old build is used by mistake, and Node 20, which reads no TypeScript, will do.
import { pathToFileURL, fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const entry = fileURLToPath(new URL('../packages/eslint-plugin/src/index.ts', import.meta.url));
const { outputFiles } = await build({
  entryPoints: [entry],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  packages: 'external',
  // From its own URL the plugin finds its package.json.
  define: { 'import.meta.url': JSON.stringify(pathToFileURL(entry).href) },
});
const [{ contents }] = outputFiles;
const { default: plugin } = await import(`data:text/javascript;base64,${Buffer.from(contents).toString('base64')}`);

export default plugin;
