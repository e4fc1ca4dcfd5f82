/** The folder of this package, as stacks name it. */
const own = import.meta.url.replace(/(dist\/[^/]*|src\/calling\/[^/]*)$/, '');

/** The stack of the functions that wait for the calling one, without those of this package. */
export function callersPlace(): string {
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  return lines.filter((line) => !line.includes(own)).join('\n');
}
