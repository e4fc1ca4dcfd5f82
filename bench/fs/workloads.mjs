import { run } from '@tercet/core';
import { bulk } from './bulk.mjs';
import { lines } from './lines.mjs';
import { small } from './small.mjs';
import { trees } from './trees.mjs';

/** Where the files lie; the parent, which makes the folder, hands it down in the environment. */
const folder = process.env.TERCET_BENCH_FOLDER;

/** All of them, each with its own implementations in a run. */
export default [...small(folder), ...lines(folder), ...bulk(folder), ...trees(folder)].map((workload) => ({
  ...workload,
  file: '../fs/workloads.mjs',
  implementations: Object.fromEntries(
    Object.entries(workload.implementations).map(([who, implementation]) => [
      who,
      who.startsWith('tercet') ? (count) => run(() => implementation(count)) : implementation,
    ]),
  ),
}));
