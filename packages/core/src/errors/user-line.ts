/** The first line of a stack that is neither Tercet's nor the platform's: `file:///app/main.js:12:5`. */
export function userLineOf(stack: string | undefined): string | undefined {
  return /^ +at (?!.*(?:[\\/]@tercet[\\/]|node:|unknown:)).*?([^ (]+:\d+:\d+)\)?$/m.exec(stack ?? '')?.[1];
}
