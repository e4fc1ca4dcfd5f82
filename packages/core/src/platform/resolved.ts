/** A fulfilled promise: awaiting it lets all other code that is ready go on first. */
export const resolved: Promise<void> = Promise.resolve();
