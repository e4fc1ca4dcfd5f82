/** Does what `await using` would do, which the oldest Node cannot read. */
export async function withResource(resource, body) {
  try {
    return await body(resource);
  } finally {
    await resource[Symbol.asyncDispose]();
  }
}
