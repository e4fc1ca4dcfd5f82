/** The text, or its beginning with an ellipsis. @param most how many characters it may have. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** The first few of many names: `a, b, c, …`. */
export function listOfNames(names: Iterable<string>, most = 12): string {
  const first: string[] = [];
  for (const name of names) {
    if (first.length === most) return `${first.join(', ')}, …`;
    first.push(name);
  }
  return first.join(', ');
}
