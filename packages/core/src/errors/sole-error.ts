import { leavesOf } from './exception-group.ts';

/**
 * The only error in a group, however deep it is nested; whatever else is given, as it is, also a group of several. For code
 * that asks for the class or the code of an error, such as the error handler of a web framework.
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
