/** Whether a process is alive, or one of a group, whose number is negative. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until a process, or a group, has ended. @returns false when it is still alive after twenty seconds. */
export async function hasEnded(pid: number): Promise<boolean> {
  for (let turn = 0; turn < 2000 && isAlive(pid); turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  return !isAlive(pid);
}
