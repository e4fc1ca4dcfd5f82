/** Says that this is another system, until the end of the block. What was decided while loading stays as it was. */
export function pretend(value: NodeJS.Platform): Disposable {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor;
  Object.defineProperty(process, 'platform', { ...platform, value });
  return { [Symbol.dispose]: () => Object.defineProperty(process, 'platform', platform) };
}
