/** Sets the context variables that have come with a call, in the calling task. */
export async function setCrossing(values: readonly (readonly [name: string, value: unknown])[]): Promise<void> {
  const { crossingVariables } = await import('@tercet/context');
  for (const [name, value] of values) crossingVariables.get(name)?.set(value);
}
