import tercet from '@tercet/eslint-plugin';
import tseslint from 'typescript-eslint';

/** The promise of a test is the runner's. */
const ofTests = [{ from: 'package', package: 'node:test', name: ['describe', 'it', 'suite', 'test'] }];

export default [
  { ignores: ['dist/'] },
  {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: ofTests }],
    },
  },
  tercet.configs.recommended,
];
