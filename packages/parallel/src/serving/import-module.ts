import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

let registered: Promise<unknown> | undefined;

/** Imports the module with the jobs, as the program itself would. */
export async function importModule(url: string): Promise<Record<string, unknown>> {
  if (lacksLoader() && /\.[cm]?tsx?$/.test(url)) await (registered ??= registerTsx(url));
  // A bundler must leave it alone: the module is known when a call comes.
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)) as Record<string, unknown>;
}

/** Threads of Node 20 do not get the loader that `--import tsx` gives to the program. */
function lacksLoader(): boolean {
  return (
    !isMainThread && process.versions.node.startsWith('20.') && process.execArgv.some((flag) => flag.includes('tsx'))
  );
}

async function registerTsx(url: string): Promise<unknown> {
  const manifest = pathToFileURL(createRequire(url).resolve('tsx/package.json'));
  const loader = new URL('dist/esm/api/index.mjs', manifest).href;
  const api = (await import(/* webpackIgnore: true */ /* @vite-ignore */ loader)) as { register(): unknown };
  return api.register();
}
