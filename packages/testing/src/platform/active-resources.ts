interface ProcessLike {
  getActiveResourcesInfo?(): string[];
}

/** Number of resources of each type that keep the process alive; empty on platforms that do not report them. */
export function activeResources(): Map<string, number> {
  const { process } = globalThis as { process?: ProcessLike };
  const counts = new Map<string, number>();
  for (const type of process?.getActiveResourcesInfo?.() ?? []) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
