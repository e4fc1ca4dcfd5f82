import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

// The projects themselves are installed and run by `npm run test:runners`.
it.each(['jest-esm', 'jest-commonjs'])(
  'N-11: the README shows the configuration of %s with which test:runners runs',
  (project) => {
    const config = read(`../../../scripts/runners/fixtures/${project}/jest.config.js`);
    expect(read('../README.md')).toContain(`\`\`\`js\n${config}\`\`\``);
  },
);
