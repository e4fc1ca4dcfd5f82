/**
 * The first line of a stack that is not ours and not the platform's: `file:///app/main.js:12:5`. `undefined` when there is
 * none, or when the library is bundled with the program and its frames cannot be told from the program's.
 */
export function userLineOf(stack: string | undefined): string | undefined {
  const own = /\/[^:()]*\/(?:src|dist)\//.exec(new Error().stack ?? '')?.[0];
  if (own === undefined) return undefined;
  for (const line of (stack ?? '').split('\n')) {
    const place = /^\s+at (?:.*\()?(.*?)\)?$/.exec(line)?.[1];
    if (place === undefined || /^node:|^native|<anonymous>|[\\/]@tercet[\\/]/.test(place)) continue;
    if (!place.includes(own)) return place;
  }
  return undefined;
}
