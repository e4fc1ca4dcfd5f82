// The published files are bundled, and a bundler may rename classes. Loggers, error reports and debuggers show these names.
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { runProgram } from './run-program.ts';
import { packages, root } from './workspaces.ts';

const files = packages.flatMap(({ path, manifest }) =>
  Object.values(manifest.exports ?? {}).flatMap((target) =>
    typeof target === 'string' ? [] : [[`${path}${target['default']?.slice(1)}`]],
  ),
);

test.each(files)('the classes of %s have the names by which they are exported', (file) => {
  const url = JSON.stringify(pathToFileURL(`${root}${file}`));
  const program = `
    const isClass = (value) => typeof value === 'function' && /^class\\b/.test(Function.prototype.toString.call(value));
    const classes = Object.entries(await import(${url})).filter(([, value]) => isClass(value));
    console.log(JSON.stringify(classes.filter(([key, { name }]) => name !== key).map(([key, { name }]) => [key, name])));
    process.exit();`;
  expect(JSON.parse(runProgram('--input-type=module', '-e', program))).toEqual([]);
});
