/** A graph of jobs: each name with the names that it needs. */
export type Needs = ReadonlyMap<string, readonly string[]>;

/** A need that cannot be met: `needs[index]` of `job`. */
export type GraphProblem =
  | { readonly kind: 'unknown'; readonly job: string; readonly index: number; readonly need: string }
  | { readonly kind: 'cycle'; readonly job: string; readonly index: number; readonly cycle: readonly string[] };

/** Finds needs that are not jobs, and for each cycle the need that closes it. @param most how many to find at most. */
export function checkGraph(graph: Needs, most: number = Infinity): GraphProblem[] {
  const problems: GraphProblem[] = [];
  const finished = new Set<string>();

  for (const start of graph.keys()) {
    // Depth first, with an explicit stack: recursion would not be deep enough for a chain of ten thousand jobs.
    const path: { name: string; next: number }[] = [];
    const onPath = new Map<string, number>();
    const enter = (name: string): void => {
      onPath.set(name, path.length);
      path.push({ name, next: 0 });
    };
    if (!finished.has(start)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      if (problems.length >= most) return problems;
      const index = top.next++;
      const need = graph.get(top.name)?.[index];
      if (need === undefined) {
        finished.add(top.name);
        onPath.delete(top.name);
        path.pop();
      } else if (!graph.has(need)) {
        problems.push({ kind: 'unknown', job: top.name, index, need });
      } else if (onPath.has(need)) {
        const cycle = [...path.slice(onPath.get(need)).map(({ name }) => name), need];
        problems.push({ kind: 'cycle', job: top.name, index, cycle });
      } else if (!finished.has(need)) {
        enter(need);
      }
    }
  }
  return problems;
}

/** The wanted jobs and all they need, directly or not. */
export function withNeeds(graph: Needs, wanted: Iterable<string>): Set<string> {
  const found = new Set(wanted);
  // A Set's iterator also visits what is added on the way.
  for (const name of found) for (const need of graph.get(name) ?? []) found.add(need);
  return found;
}
