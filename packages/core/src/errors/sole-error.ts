import { leavesOf } from './exception-group.ts';

/**
 * Unwraps a group with a single error, however deep it is nested. Any other value, also a group of several errors, is returned as
 * it is. For code that checks the class or the code of an error, such as the error handler of a web framework.
 *
 * Never throws.
 *
 * @example
 * app.setErrorHandler((error, request, reply) => {
 *   const { statusCode = 500, message } = soleError(error) as FastifyError;
 *   reply.code(statusCode).send({ message });
 * });
 */
export function soleError(error: unknown): unknown {
  const leaves = leavesOf(error);
  return leaves.length === 1 ? leaves[0] : error;
}
