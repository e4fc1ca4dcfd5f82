/** The daemon could not be reached, or has refused: the text says why. Ends jobd with exit code 1, without a stack. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';
}
