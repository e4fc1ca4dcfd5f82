// The table of the core on the other runtimes: each from npm, into a folder that git ignores. Not on workerd, where a program
// has no standard input, and time stands still while it computes.
import { installed, runtimes } from '../scripts/runtimes/install.mjs';
import { compare } from './core.mjs';

/** Fewer rounds than on one runtime, because there are several runtimes. */
const ROUNDS = 5;

export default async function bench({ log, only }) {
  const own = `node${process.versions.node.split('.')[0]}`;
  for (const [name, { kind }] of Object.entries(runtimes)) {
    if (name === own || kind === 'workerd') continue;
    const runtime = installed(name);
    log(`\n## ${name} ${runtime.version}`);
    await compare({ log, only, runtime, rounds: ROUNDS });
  }
}
