interface ProcessLike {
  getActiveResourcesInfo?(): string[];
}

/** How many resources of each type keep the process alive, where the platform says. */
export function activeResources(): Map<string, number> {
  const { process } = globalThis as { process?: ProcessLike };
  const counts = new Map<string, number>();
  for (const type of process?.getActiveResourcesInfo?.() ?? []) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
