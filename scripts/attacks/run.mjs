// npm run attack [-- name…]: attacks on jobd and the packages, as they are built. A name is a family (`jobd`), an attack
// (`jobd/slow-clients`), or a part of it; without one, all are run. Each runs in a new process, with a time limit and a
// folder; when it ends, nothing that it has started may be left. Prints a table, and exits with 1 if a bound did not hold.
// Linux only: it looks into /proc. Options: --list; --json FILE, which writes the results to a file.
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { loadFamilies } from './families.mjs';
import { runAttack } from './run-attack.mjs';
import { tableOf } from './table.mjs';

if (process.platform !== 'linux') throw new Error('the attacks look into /proc, so they need Linux');

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean' }, json: { type: 'string' } },
});
const all = (await loadFamilies()).flatMap(({ family, attacks }) =>
  Object.entries(attacks).map(([name, attack]) => ({ ...attack, family, name, title: `${family}/${name}` })),
);
const unknown = wanted.filter((part) => !all.some(({ title }) => title.includes(part)));
if (unknown.length > 0) throw new Error(`there is no attack called ${unknown.join(', ')}; --list shows their names`);
const chosen = all.filter(({ title }) => wanted.length === 0 || wanted.some((part) => title.includes(part)));

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => stop.abort(signal));

const results = [];
for (const attack of options.list === true ? [] : chosen) {
  const result = await runAttack(attack, stop.signal);
  if (stop.signal.aborted) break;
  results.push({ ...result, title: attack.title, bound: attack.bound });
  if (options.json !== undefined) {
    writeFileSync(options.json, JSON.stringify({ node: process.versions.node, results }, undefined, 2));
  }
  console.error(`${result.state.padEnd(9)} ${attack.title} (${result.seconds.toFixed(0)} s)`);
}

if (options.list === true) {
  for (const { title, bound } of chosen) console.log(`${title}: ${bound}`);
} else if (stop.signal.aborted) {
  process.exitCode = 130;
} else {
  const load = loadavg()[0].toFixed(1);
  console.log(`Node ${process.versions.node}, ${availableParallelism()} processors, load ${load} at the end\n`);
  console.log(tableOf(results));
  const count = (state) => results.filter((result) => result.state === state).length;
  console.log(`\n${count('held')} held, ${count('broken')} broken, ${count('not tried')} not tried`);
  if (count('broken') > 0) process.exitCode = 1;
}
