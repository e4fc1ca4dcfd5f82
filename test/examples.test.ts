import { describe, expect, it } from '@jest/globals';
import { relative } from 'node:path';
import { examplesOf, runExample } from './examples.ts';
import { runsHere } from './systems.ts';
import { root, workspaces } from './workspaces.ts';

const files = [`${root}README.md`, ...workspaces.map(({ path }) => `${root}${path}/README.md`)];

for (const file of files) {
  const examples = (await examplesOf(file)).filter(({ source }) => runsHere(source));
  if (examples.length === 0) continue;
  describe(`the examples of ${relative(root, file)}`, () => {
    for (const example of examples) {
      it(`line ${example.line} runs${example.output === undefined ? '' : ' and prints what is shown'}`, async () => {
        const { printed, code } = await runExample(root, example);
        expect({ code, printed }).toEqual({ code: 0, printed: example.output ?? printed });
      }, 20_000);
    }
  });
}

it('the README of the repository shows the leaking program and its repaired form', async () => {
  const [leaking, contained] = await examplesOf(files[0]!);
  expect(leaking).toMatchObject({ endless: true });
  expect(contained).toMatchObject({ endless: false });
});
