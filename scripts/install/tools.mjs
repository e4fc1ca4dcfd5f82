// The tools of the matrix, in a separate folder: each is used on a folder in which nothing but one package is installed.
import { join } from 'node:path';

export const toolPackages = ['tsx@4', 'vitest@4', 'jest@30', 'esbuild@0.28', 'webpack@5', 'vite@8'];

const jestConfig = JSON.stringify({ testMatch: ['<rootDir>/use.test.mjs'], transform: {} });

/** The arguments of Node that start each tool in the folder of a user. The bundlers write a program, which is then started alone. */
export const tools = {
  ESM: { start: () => ['use.mjs'], prints: true },
  CommonJS: { start: () => ['use.cjs'], prints: true },
  tsx: { start: (tool) => [tool('tsx/dist/cli.mjs'), 'use.ts'], prints: true },
  vitest: { start: (tool) => [tool('vitest/vitest.mjs'), 'run', '--globals', '--root', '.'] },
  jest: {
    start: (tool) => ['--experimental-vm-modules', tool('jest/bin/jest.js'), '--rootDir', '.', '--config', jestConfig],
  },
  esbuild: bundler('esbuild'),
  webpack: bundler('webpack'),
  vite: bundler('vite'),
};

function bundler(name) {
  return { start: (tool, out) => [tool(join('..', 'bundle.mjs')), name, out], bundles: true };
}
