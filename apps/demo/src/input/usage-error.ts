/** The user has to change something: the text says what. Ends jobd with exit code 2, without a stack. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}
