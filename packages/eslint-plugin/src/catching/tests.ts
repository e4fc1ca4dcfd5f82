import { isIdentifier, memberName, unwrap, type Node } from '../syntax/node.ts';
import { everything, type VisitorKeys } from '../syntax/walk.ts';

/** Into which branches of a test an error goes that is a `Cancelled`. */
export interface Branches {
  /** The branch that is taken where the test is true. */
  readonly consequent: boolean;
  readonly alternate: boolean;
  /** The test looks at the error. */
  readonly aboutError: boolean;
}

const both: Branches = { consequent: true, alternate: true, aboutError: false };
const cancelledIsTrue: Branches = { consequent: true, alternate: false, aboutError: true };
const cancelledIsFalse: Branches = { consequent: false, alternate: true, aboutError: true };
// Every Cancelled is an instance of these.
const itsClasses = new Set(['Cancelled', 'Error', 'TercetError']);

/**
 * Reads a test about an error as a person would: `e instanceof X`, `isCancelled(e)`, `e.code === 'ENOENT'`, and
 * combinations of these with `!`, `&&` and `||`.
 */
export function branchesOf(expression: Node, names: ReadonlySet<string>, keys: VisitorKeys): Branches {
  const test = unwrap(expression);
  if (test.type === 'UnaryExpression' && test.operator === '!') {
    const { consequent, alternate, aboutError } = branchesOf(test.argument!, names, keys);
    return { consequent: alternate, alternate: consequent, aboutError };
  }
  if (test.type === 'LogicalExpression') {
    const left = branchesOf(test.left!, names, keys);
    const right = branchesOf(test.right!, names, keys);
    const aboutError = left.aboutError || right.aboutError;
    return test.operator === '&&'
      ? { consequent: left.consequent && right.consequent, alternate: left.alternate || right.alternate, aboutError }
      : { consequent: left.consequent || right.consequent, alternate: left.alternate && right.alternate, aboutError };
  }
  if (!mentions(test, names, keys)) return both;
  if (test.type === 'BinaryExpression') return branchesOfComparison(test);
  if (test.type === 'CallExpression' && saysCancelled(test.callee!)) return cancelledIsTrue;
  // Anything else is a mark that one kind of error bears: `e.code`, `isTimeout(e)`, `e.message.includes('…')`.
  return isErrorItself(test) ? cancelledIsTrue : cancelledIsFalse;
}

function branchesOfComparison({ operator = '', left, right }: Node): Branches {
  if (operator === 'instanceof') {
    const name = right?.type === 'Identifier' ? right.name : memberName(right!);
    return itsClasses.has(name ?? '') ? cancelledIsTrue : cancelledIsFalse;
  }
  const values = [left!, right!].map((side) => unwrap(side).value);
  // Cancelled is an object, and its name is 'Cancelled'.
  const isEqual = values.includes('Cancelled') || values.includes('object') ? cancelledIsTrue : cancelledIsFalse;
  const differs = operator.startsWith('!');
  return differs ? { consequent: isEqual.alternate, alternate: isEqual.consequent, aboutError: true } : isEqual;
}

/** `if (error)`: true for every Cancelled. */
function isErrorItself(test: Node): boolean {
  return test.type === 'Identifier';
}

/** A function that is named after what it finds: `isCancelled`, `isOnlyCancelled`, `wasCancelledHere`. */
export function saysCancelled(callee: Node): boolean {
  const named = unwrap(callee);
  return /cancel/i.test((named.type === 'Identifier' ? named.name : memberName(named)) ?? '');
}

export function mentions(node: Node, names: ReadonlySet<string>, keys: VisitorKeys): boolean {
  for (const inner of everything(node, keys)) {
    if (isIdentifier(inner) && names.has(inner.name) && !isMemberKey(inner)) return true;
  }
  return false;
}

/** `b` of `a.b` and of `{ b: c }` is not a variable. */
function isMemberKey(identifier: Node): boolean {
  const { parent } = identifier;
  if (parent?.computed === true) return false;
  if (parent?.type === 'MemberExpression') return parent.property === identifier;
  return parent?.type === 'Property' && parent.key === identifier && parent.value !== identifier;
}

/** Whether a test speaks of cancelling in any way: `scope.cancelCalled`, `cancelled`. */
export function speaksOfCancelling(test: Node, keys: VisitorKeys): boolean {
  for (const inner of everything(test, keys)) {
    if (/Identifier$/.test(inner.type) && /cancel/i.test(inner.name ?? '')) return true;
  }
  return false;
}
