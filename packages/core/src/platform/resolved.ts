/** A promise that is fulfilled already: awaiting it lets everything else that is ready go on first. */
export const resolved: Promise<void> = Promise.resolve();
