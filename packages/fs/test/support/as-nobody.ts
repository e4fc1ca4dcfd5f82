const NOBODY = 65_534;

/** Runs the body as a user to whom permissions apply: root may do everything. */
export async function asNobody<T>(body: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await body();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
