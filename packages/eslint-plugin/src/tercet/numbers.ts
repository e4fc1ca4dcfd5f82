import { isIdentifier, memberName, unwrap, type Node } from '../syntax/node.ts';
import type { TercetFile } from './tercet-file.ts';

const named: Readonly<Record<string, number>> = {
  MAX_SAFE_INTEGER: Number.MAX_SAFE_INTEGER,
  MAX_VALUE: Number.MAX_VALUE,
  NEGATIVE_INFINITY: -Infinity,
  POSITIVE_INFINITY: Infinity,
};
const calculations: Readonly<Record<string, (left: number, right: number) => number>> = {
  '%': (left, right) => left % right,
  '*': (left, right) => left * right,
  '**': (left, right) => left ** right,
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '/': (left, right) => left / right,
};

/** The number that an expression is, whenever it runs: `5_000`, `60 * 1000`, `-Infinity`, a constant of the file. */
export function numberOf(file: TercetFile, expression: Node, depth = 0): number | undefined {
  const node = unwrap(expression);
  if (depth > 8) return undefined;
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'number' ? node.value : undefined;
    case 'UnaryExpression': {
      const value = numberOf(file, node.argument!, depth + 1);
      if (value === undefined) return undefined;
      return node.operator === '-' ? -value : node.operator === '+' ? value : undefined;
    }
    case 'BinaryExpression': {
      const [left, right] = [numberOf(file, node.left!, depth + 1), numberOf(file, node.right!, depth + 1)];
      return left === undefined || right === undefined ? undefined : calculations[node.operator ?? '']?.(left, right);
    }
    case 'MemberExpression':
      return file.isGlobal(unwrap(node.object!), 'Number') ? named[memberName(node) ?? ''] : undefined;
    case 'Identifier':
      return numberOfName(file, node, depth + 1);
    default:
      return undefined;
  }
}

function numberOfName(file: TercetFile, identifier: Node, depth: number): number | undefined {
  if (file.isGlobal(identifier, 'Infinity')) return Infinity;
  const { declarator, init } = file.definition(file.variableOf(identifier)) ?? {};
  return isIdentifier(declarator?.id) && init ? numberOf(file, init, depth) : undefined;
}

/** The value of a property that an object literal names. */
export function propertyOf(object: Node | undefined, name: string): Node | undefined {
  const literal = object && unwrap(object);
  if (literal?.type !== 'ObjectExpression') return undefined;
  const property = literal.properties?.find(
    ({ type, key, computed }) =>
      type === 'Property' && computed !== true && (key?.name === name || key?.value === name),
  );
  return property?.value as Node | undefined;
}
