// The table of the core on the other runtimes: each from npm, into a folder that git ignores.
import { installed, runtimes } from '../scripts/runtimes/install.mjs';
import { compare } from './core.mjs';

/** Fewer rounds than on one runtime, because there are several runtimes. */
const ROUNDS = 5;

export default async function bench({ log, only }) {
  const own = `node${process.versions.node.split('.')[0]}`;
  for (const name of Object.keys(runtimes)) {
    if (name === own) continue;
    const runtime = installed(name);
    log(`\n## ${name} ${runtime.version}`);
    await compare({ log, only, runtime, rounds: ROUNDS });
  }
}
