import { keyName, memberName, membersAround, methodCall, nameOfPattern, unwrap, type Node } from '../syntax/node.ts';
import { methodResults, methodTakers, results, takers, type Taking } from './exports.ts';
import { farthest, type TercetFile } from './tercet-file.ts';

/** A call of Tercet that takes a function. */
export interface Taker extends Taking {
  /** `moveOnAfter`, or with its class in front: `Nursery.startSoon`. */
  readonly name: string;
  readonly call: Node;
}

/** The class of Tercet that an expression is an instance of, as far as the file, or the types, say. */
export function instanceOf(file: TercetFile, expression: Node, depth = 0): string | undefined {
  const node = unwrap(expression);
  if (depth > farthest) return undefined;
  return knownInstance(file, node, depth + 1) ?? (depth === 0 ? file.types?.className(node) : undefined);
}

/** The same as far as the file itself says it. */
export function knownInstance(file: TercetFile, node: Node, depth: number): string | undefined {
  switch (node.type) {
    case 'NewExpression':
      return file.export(node.callee!)?.name;
    case 'AwaitExpression':
    case 'CallExpression': {
      const given = givenBy(file, node.type === 'AwaitExpression' ? unwrap(node.argument!) : node, depth);
      return typeof given === 'string' ? given : undefined;
    }
    case 'Identifier':
      return instanceInVariable(file, node, depth);
    case 'MemberExpression': {
      if (node.object?.type === 'ThisExpression') return instanceInField(file, node, depth);
      const owner = memberName(node) === 'cancelScope' ? instanceOf(file, node.object!, depth) : undefined;
      return owner === 'Nursery' ? 'CancelScope' : undefined;
    }
    default:
      return undefined;
  }
}

function givenBy(file: TercetFile, call: Node, depth: number): string | readonly string[] | undefined {
  const name = file.calls(call);
  if (name !== undefined) return results[name];
  const method = methodCall(call);
  const owner = method && instanceOf(file, method.object, depth);
  return owner === undefined ? undefined : methodResults[owner]?.[method!.name];
}

function instanceInVariable(file: TercetFile, identifier: Node, depth: number): string | undefined {
  const variable = file.variableOf(identifier);
  const definition = variable?.defs[0];
  if (definition?.type === 'Parameter') {
    const parameter = definition.name as unknown as Node;
    return annotatedClass(file, parameter) ?? givenToFunction(file, definition.node as unknown as Node, parameter);
  }
  if (definition?.type !== 'Variable') return undefined;
  const { id } = definition.node as unknown as Node;
  const annotated = id && annotatedClass(file, id);
  if (annotated) return annotated;
  const init = file.definition(variable)?.init;
  if (!init) return undefined;
  if (id?.type === 'Identifier') return instanceOf(file, init, depth);
  if (id?.type !== 'ArrayPattern') return undefined;
  const given = givenBy(file, unwrap(init), depth);
  const index = id.elements?.findIndex((element) => nameOfPattern(element) === identifier.name) ?? -1;
  return Array.isArray(given) ? given[index] : undefined;
}

/** The class of the first parameter of a function, from the call that takes the function. */
function givenToFunction(file: TercetFile, fn: Node, parameter: Node): string | undefined {
  return nameOfPattern(fn.params?.[0]) === parameter.name ? takerOf(file, fn)?.gives : undefined;
}

function instanceInField(file: TercetFile, member: Node, depth: number): string | undefined {
  const name = memberName(member);
  for (const field of membersAround(member)) {
    if (field.key && keyName(field.key, field.computed === true) === name && field.type === 'PropertyDefinition') {
      return annotatedClass(file, field) ?? (field.value ? instanceOf(file, field.value as Node, depth) : undefined);
    }
    const parameters = field.kind === 'constructor' ? ((field.value as Node).params ?? []) : [];
    const parameter = parameters.find(
      (one) => one.type === 'TSParameterProperty' && nameOfPattern(one.parameter) === name,
    );
    if (parameter?.parameter) return annotatedClass(file, parameter.parameter);
  }
  return undefined;
}

/** The class of Tercet that a type annotation names. */
export function annotatedClass(file: TercetFile, target: Node): string | undefined {
  const type = target.typeAnnotation?.typeAnnotation;
  const named = (type?.types ?? [type]).flatMap((one) => (one?.typeName ? [typeNamed(file, one.typeName)] : []));
  return named.find((name) => name !== undefined);
}

function typeNamed(file: TercetFile, name: Node): string | undefined {
  if (name.type === 'Identifier') return file.export(name)?.name;
  const from = name.left && file.export(name.left);
  return from?.name === '*' ? name.right?.name : undefined;
}

/** The call of Tercet that takes this function, written in its place, and runs it. */
export function takerOf(file: TercetFile, fn: Node): Taker | undefined {
  let argument = fn;
  while (argument.parent && unwrap(argument.parent) === fn) argument = argument.parent;
  const inArray = argument.parent?.type === 'ArrayExpression';
  const taken = inArray ? argument.parent! : argument;
  const call = taken.parent;
  const taker = call?.type === 'CallExpression' ? takingOf(file, call) : undefined;
  if (taker === undefined || call?.arguments?.[taker.at] !== taken) return undefined;
  return inArray === (taker.several === true) ? taker : undefined;
}

/** Whether, and how, a call takes a function. */
export function takingOf(file: TercetFile, call: Node): Taker | undefined {
  const exported = file.export(call.callee!);
  if (exported !== undefined) {
    const taking = takers[exported.package]?.[exported.name];
    return taking && { ...taking, name: exported.name, call };
  }
  const method = methodCall(call);
  const owner = method && (instanceOf(file, method.object) ?? (method.name === 'startSoon' ? 'Nursery' : undefined));
  const taking = owner === undefined ? undefined : methodTakers[owner]?.[method!.name];
  return taking && { ...taking, name: `${owner}.${method!.name}`, call };
}
