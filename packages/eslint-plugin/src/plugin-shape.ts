// The types that the plugin shows. They repeat the little of ESLint's that a configuration needs: for those who use oxlint,
// ESLint is not installed.

/**
 * A rule, in the form that ESLint and oxlint load.
 *
 * @example
 * import tercet from '@tercet/eslint-plugin';
 *
 * const typed = (rule: RuleModule): boolean => rule.meta.docs.requiresTypeChecking;
 * for (const [name, rule] of Object.entries(tercet.rules)) if (typed(rule)) console.log(`${name} needs types`);
 */
export interface RuleModule {
  readonly meta: {
    readonly type: 'problem' | 'suggestion';
    readonly docs: { readonly description: string; readonly url: string; readonly requiresTypeChecking: boolean };
    readonly messages: { [id: string]: string };
    readonly schema: object[];
    readonly fixable?: 'code';
    readonly hasSuggestions?: boolean;
    readonly deprecated?: boolean;
    readonly replacedBy?: string[];
  };
  // The context is that of the program that loads the rule.
  create(context: never): { [selector: string]: (node: unknown) => void };
}

/**
 * An entry of a flat configuration of ESLint.
 *
 * @example
 * import tercet from '@tercet/eslint-plugin';
 *
 * // eslint.config.js
 * const config: FlatConfig[] = [
 *   { ...tercet.configs.recommended, rules: { ...tercet.configs.recommended.rules, '@tercet/no-busy-wait': 'warn' } },
 * ];
 */
export interface FlatConfig {
  name: string;
  plugins: { '@tercet': Plugin };
  rules: { [rule: string]: 'error' | 'warn' | ['error' | 'warn', ...unknown[]] };
}

/**
 * The value of `import tercet from '@tercet/eslint-plugin'`.
 *
 * @example
 * import tercet from '@tercet/eslint-plugin';
 *
 * const plugin: Plugin = tercet;
 * console.log(plugin.meta.version, Object.keys(plugin.rules).length);
 */
export interface Plugin {
  readonly meta: { readonly name: string; readonly version: string; readonly namespace: string };
  readonly rules: { [rule: string]: RuleModule };
  readonly configs: { readonly recommended: FlatConfig; readonly strict: FlatConfig };
}
