import * as core from '@tercet/core';
import type { ErrorClass } from './error-registry.ts';

const builtIn: readonly ErrorClass[] = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

const tercet: readonly ErrorClass[] = [
  core.TercetError,
  core.BrokenResourceError,
  core.BusyResourceError,
  core.ClosedResourceError,
  core.DeadlockError,
  core.EndOfChannel,
  core.InternalError,
  core.RunFinishedError,
  core.StateError,
  core.TaskFailedError,
  core.TooSlowError,
  core.UnawaitedError,
  core.WouldBlock,
];

const byName = new Map(builtIn.map((cls) => [cls.name, cls]));
const ofTercet = new Map(tercet.map((cls) => [cls.prototype.name, cls]));

/** The class with these names of itself and its ancestors, when both sides have it without a registration. */
export function knownClass(classes: readonly string[]): ErrorClass | undefined {
  const [name = 'Error'] = classes;
  return classes.includes('TercetError') ? ofTercet.get(name) : byName.get(name);
}
