// Loaded before a server of the benchmark: takes away the trick that the environment names, by changing its source.
import { registerHooks } from 'node:module';
import { TRICKS } from './tricks.mjs';

const missing = new Set(TRICKS[process.env.WITHOUT] ?? []);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    for (const change of missing) {
      if (!url.endsWith(change.file)) continue;
      const source = String(loaded.source);
      if (!source.includes(change.from)) throw new Error(`${change.file} does not contain ${change.from}`);
      loaded.source = source.replace(change.from, change.to);
    }
    return loaded;
  },
});
