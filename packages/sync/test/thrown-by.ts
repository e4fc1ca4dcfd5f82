/** Returns the error of the function, or of the promise that it returns. Fails if there is none. */
export async function thrownBy(fn: () => unknown): Promise<unknown> {
  let value: unknown;
  try {
    value = await fn();
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was thrown; the value is ${String(value)}`);
}
