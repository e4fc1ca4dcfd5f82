import { createRequire } from 'node:module';
import { prefixed, recommended, strict } from './configs.ts';
import type { FlatConfig, Plugin } from './plugin-shape.ts';
import { allRules } from './rules.ts';

export type { FlatConfig, Plugin, RuleModule } from './plugin-shape.ts';

const { name, version } = createRequire(import.meta.url)('../package.json') as { name: string; version: string };

/** Name and version of the plugin, for messages and caches of the program that loads it. */
export const meta: Plugin['meta'] = { name, version, namespace: '@tercet' };

/** The rules, by name: as `@tercet/no-swallowed-cancel` in a configuration. */
export const rules: Plugin['rules'] = allRules();

/** Configurations for ESLint's `eslint.config.js`. Those for oxlint lie in `src/oxlint`. */
export const configs: Plugin['configs'] = {
  recommended: config('tercet/recommended', prefixed(recommended)),
  strict: config('tercet/strict', prefixed(strict)),
};

/**
 * The plugin.
 *
 * @example
 * // eslint.config.js
 * import tercet from '@tercet/eslint-plugin';
 * export default [tercet.configs.recommended];
 */
const plugin: Plugin = { meta, rules, configs };
export default plugin;

function config(configName: string, settings: FlatConfig['rules']): FlatConfig {
  return {
    name: configName,
    // The plugin holds its configurations, and they hold the plugin.
    get plugins() {
      return { '@tercet': plugin };
    },
    rules: settings,
  };
}
