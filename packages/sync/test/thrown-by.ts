/** What the function, or the promise it returns, throws. Fails when it throws nothing. */
export async function thrownBy(fn: () => unknown): Promise<unknown> {
  let value: unknown;
  try {
    value = await fn();
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was thrown; the value is ${String(value)}`);
}
