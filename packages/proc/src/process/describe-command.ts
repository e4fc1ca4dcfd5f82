/** The command as one would type it into a shell. For messages only, never for running it. */
export function describeCommand(args: readonly string[]): string {
  return args.map(quote).join(' ');
}

function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
