import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leftOutOn } from './scripts/jest/left-out.mjs';

const tsconfig = fileURLToPath(new URL('tsconfig.jest.json', import.meta.url));
const testEnvironment = fileURLToPath(new URL('scripts/jest/environment.mjs', import.meta.url));
const reporters = ['results', 'ends'].map((name) =>
  fileURLToPath(new URL(`scripts/jest/${name}.mjs`, import.meta.url)),
);

/** What every project needs, alone or beside the others in one process. */
export const project = {
  testEnvironment,
  // Siblings are tested from their sources. `import` must stay out of this list: jest loads CommonJS of its own with it.
  testEnvironmentOptions: { customExportConditions: ['@tercet/source', 'node', 'node-addons'] },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig }] },
  injectGlobals: false,
  restoreMocks: true,
  // For tests that hang: a loaded machine with two cores may well need ten times as long as a quiet one.
  testTimeout: 30_000,
};

/** The patterns of the test files that this system leaves out. @param folder the absolute path of a package. */
export function leftOut(folder) {
  return leftOutOn(process.platform, `${basename(dirname(folder))}/${basename(folder)}`);
}

/**
 * A package's own jest.config.js. What jest only takes at the root of a run is added here.
 *
 * @param folder the absolute path of the package.
 * @param missing patterns of the test files that need a program that is not installed.
 */
export function forPackage(folder, missing = []) {
  return {
    ...project,
    testPathIgnorePatterns: [...leftOut(folder), ...missing],
    reporters: ['default', ...reporters],
    // Whoever has a test folder must have tests in it.
    passWithNoTests: !existsSync(`${folder}/test`),
  };
}
