import { ExceptionGroup, StateError } from '@tercet/core';
import { registeredAs } from './error-registry.ts';
import type { Encoded, EncodedError } from './encode-error.ts';
import { knownClass } from './known-errors.ts';
import { RemoteError } from './remote-error.ts';

/**
 * Makes an error again that has crossed the boundary.
 *
 * @param where who threw it, and where it was called: is put below the stack of the worker.
 */
export function decodeError(encoded: Encoded, where = ''): unknown {
  const error = decode(encoded, []);
  if (encoded.kind !== 'error' || where === '') return error;
  const { stack } = error as Error;
  setStack(error as Error, `${stack ?? ''}\n${where}`);
  return error;
}

function decode(encoded: Encoded, seen: unknown[]): unknown {
  if (encoded.kind === 'value') return encoded.value;
  if (encoded.kind === 'again') return seen[encoded.index];
  // Its place is taken now: what is in it counts from here.
  const index = seen.push(undefined) - 1;
  const errors = encoded.errors?.map((one) => decode(one, seen));
  const error = make(encoded, errors);
  seen[index] = error;
  setStack(error, encoded.stack);
  if (encoded.cause !== undefined) {
    const value = decode(encoded.cause, seen);
    Object.defineProperty(error, 'cause', { value, writable: true, configurable: true, enumerable: false });
  }
  return error;
}

function make(encoded: EncodedError, errors: unknown[] | undefined): Error {
  const { classes, message } = encoded;
  if (encoded.cancelled === true) return foreignCancelled(encoded);
  const registered = encoded.key === undefined ? undefined : registeredAs(encoded.key);
  if (registered !== undefined) return makeRegistered(encoded, registered);
  if (classes.includes('ExceptionGroup') && errors !== undefined && errors.length > 0) {
    return withFields(new ExceptionGroup(message, errors), encoded.fields);
  }
  if (classes[0] === 'AggregateError') {
    return withFields(new AggregateError(errors ?? [], message), encoded.fields);
  }
  if (classes[0] === 'DOMException') return new DOMException(message, encoded.name);
  const known = knownClass(classes);
  const fields = encoded.fields as Record<string, unknown>;
  if (known === undefined) return new RemoteError(encoded.name || classes[0] || 'Error', message, fields);
  const error = instanceOf(known, message, fields);
  if (encoded.name !== error.name) hidden(error, 'name', encoded.name);
  return error;
}

function makeRegistered(
  { message, fields, name }: EncodedError,
  { cls, codec }: NonNullable<ReturnType<typeof registeredAs>>,
): Error {
  if (codec.fromFields !== undefined) {
    try {
      const error = codec.fromFields(fields);
      if (error.message === '' && message !== '') hidden(error, 'message', message);
      return error;
    } catch {
      // What the job has thrown matters more than that it cannot be made again.
      return new RemoteError(name, message, {});
    }
  }
  const error = instanceOf(cls, message, typeof fields === 'object' && fields !== null ? fields : {});
  if (error.name !== name) hidden(error, 'name', name);
  return error;
}

// Without its constructor, which may want other arguments than a message.
function instanceOf(cls: { readonly prototype: Error }, message: string, fields: object): Error {
  const error = new Error(message);
  Object.setPrototypeOf(error, cls.prototype);
  return withFields(error, fields);
}

// Defined, and not assigned: the class may have a getter of that name.
function withFields<E extends Error>(error: E, fields: unknown): E {
  for (const [key, value] of Object.entries(fields as object)) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: true });
  }
  return error;
}

function foreignCancelled({ name, message, fields }: EncodedError): Error {
  return new StateError(
    'the job has ended with a Cancelled of its own, though its caller had not been cancelled: it came through a promise, ' +
      'a result or an abort reason. Catch it in the job',
    { cause: new RemoteError(name, message, fields as Record<string, unknown>) },
  );
}

function setStack(error: Error, stack: string): void {
  hidden(error, 'stack', stack);
}

function hidden(error: Error, key: 'name' | 'message' | 'stack', value: string): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}
