/** How a rule is set: ESLint and oxlint know the same words. */
export type Setting = 'error' | 'warn' | ['error' | 'warn', ...unknown[]];
export type Settings = Readonly<Record<string, Setting>>;

/** Rules for mistakes in nearly every program, with few false alarms. Matters of taste are warnings. */
export const recommended: Settings = {
  'no-busy-wait': 'warn',
  'no-constant-deadline': 'error',
  'no-context-set-in-foreign-callback': 'error',
  'no-floating-operation': 'error',
  'no-loop-without-checkpoint': 'error',
  'no-operation-from-outer-scope': 'error',
  'no-promise-combinators-over-operations': 'error',
  'no-promise-for-function': 'error',
  'no-scope-without-await': 'error',
  'no-swallowed-cancel': 'error',
  'no-timeout-around-start-soon': 'error',
  'no-unbounded-channel': 'warn',
  'no-unshielded-await-in-finally': 'error',
  'prefer-checkpoint': 'warn',
  'task-status-started': 'error',
};

/** Rules that are right in most programs, and meant otherwise in some. Only `strict` has them. */
export const opinionated: readonly string[] = [
  'exception-group-derive',
  'no-blocking-call',
  'no-disposed-in-task',
  'no-thrown-group-member',
  'no-timeout-parameter',
  'no-useless-nursery',
  'no-yield-while-holding',
];

/** Every rule, as an error. */
export const strict: Settings = Object.fromEntries(
  [...Object.keys(recommended), ...opinionated].sort().map((name) => [name, 'error']),
);

/** The settings under the names that a configuration uses: `@tercet/no-busy-wait`. */
export function prefixed(settings: Settings): Record<string, Setting> {
  return Object.fromEntries(Object.entries(settings).map(([name, setting]) => [`@tercet/${name}`, setting]));
}
