// Everything in one process: `npm run test:one-process`.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { leftOut, project } from './jest.preset.js';

const folders = ['packages', 'apps'].flatMap((group) => readdirSync(group).map((name) => `${group}/${name}`));

export default {
  projects: [
    ...folders
      .filter((folder) => existsSync(`${folder}/jest.config.js`))
      .map((folder) => ({
        ...project,
        displayName: folder,
        rootDir: folder,
        testPathIgnorePatterns: leftOut(join(import.meta.dirname, folder)),
      })),
    { ...project, displayName: 'repo', rootDir: 'test', testMatch: ['<rootDir>/**/*.test.ts'] },
  ],
};
