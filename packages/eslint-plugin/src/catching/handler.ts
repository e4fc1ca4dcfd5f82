import { isFunction, resultExpression, type FunctionNode } from '../syntax/functions.ts';
import { isIdentifier, memberName, methodCall, statementsOf, unwrap, type Node } from '../syntax/node.ts';
import { runningIn, runningWhenCalled, type VisitorKeys } from '../syntax/walk.ts';
import { functionCalled } from '../tercet/local-functions.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';
import { branchesOf, mentions, speaksOfCancelling } from './tests.ts';

// From one function to the next the error is followed so far.
const deepest = 4;

// Follows a `Cancelled` through the code that handles an error, statement by statement. On each way it must be thrown again,
// or handed on; a way that leaves the handler otherwise swallows it. Nothing is known of the values of variables: a test that
// says nothing about the error may go both ways.

/** How statements end for a `Cancelled`. */
type End = 'thrown' | 'swallowed' | 'goes on';

/** Code that handles an error: a `catch`, or a function for `.catch()`. */
export interface Handling {
  /** The names that hold the error, or what was read from it. */
  readonly names: ReadonlySet<string>;
  readonly statements: readonly Node[];
  /** The function that the code is in, or the file. */
  readonly around: Node;
}

/** Whether a `Cancelled` can get lost there. */
export function swallows(file: TercetFile, { names, statements, around }: Handling, depth = 0): boolean {
  return new Handler(file, new Set(names), around, depth).follow(statements) !== 'thrown';
}

/** The same of a function that gets the error as one of its parameters. */
export function functionSwallows(file: TercetFile, fn: FunctionNode, parameter: number, depth = 0): boolean {
  if (neverReturns(fn)) return false;
  const result = resultExpression(fn);
  const statements =
    result === undefined ? statementsOf(fn.body) : [{ type: 'ReturnStatement', argument: result, range: result.range }];
  return swallows(file, { names: namesIn(file, fn.params?.[parameter]), statements, around: fn }, depth);
}

/** The names that a parameter, or the variable of a `catch`, binds. */
export function namesIn(file: TercetFile, pattern: Node | null | undefined): Set<string> {
  if (!pattern) return new Set();
  return new Set([...runningIn(pattern, file.keys)].flatMap((node) => (isIdentifier(node) ? [node.name] : [])));
}

/** `never`, or `Promise<never>`, as the type of the result. */
function neverReturns({ returnType }: FunctionNode): boolean {
  const type = returnType?.typeAnnotation;
  const inner = type?.typeName?.name === 'Promise' ? type.typeArguments?.params?.[0] : type;
  return inner?.type === 'TSNeverKeyword';
}

class Handler {
  readonly #file: TercetFile;
  readonly #names: Set<string>;
  readonly #around: Node;
  readonly #keys: VisitorKeys;
  /** How many loops of the handler the code is in: `break` and `continue` stay in the handler then. */
  #loops = 0;
  /** Through how many functions the error has come. */
  readonly #depth: number;

  constructor(file: TercetFile, names: Set<string>, around: Node, depth: number) {
    this.#file = file;
    this.#names = names;
    this.#around = around;
    this.#keys = file.keys;
    this.#depth = depth;
  }

  follow(statements: readonly Node[]): End {
    let end: End = 'goes on';
    for (const statement of statements) {
      end = this.#step(statement);
      if (end !== 'goes on') return end;
      if (this.#guards(statement)) return 'thrown';
    }
    return end;
  }

  #step(statement: Node): End {
    switch (statement.type) {
      case 'ThrowStatement':
        return 'thrown';
      case 'ReturnStatement':
        return statement.argument && this.#handsOn(statement.argument, true) ? 'thrown' : 'swallowed';
      case 'BreakStatement':
      case 'ContinueStatement':
        return this.#loops > 0 ? 'goes on' : 'swallowed';
      case 'ExpressionStatement':
        return this.#handsOn(statement.expression as Node) ? 'thrown' : 'goes on';
      case 'VariableDeclaration':
        this.#remember(statement);
        return 'goes on';
      case 'BlockStatement':
      case 'LabeledStatement':
        return this.follow(statementsOf(statement.body));
      case 'IfStatement':
        return this.#branch(statement);
      case 'SwitchStatement':
        return this.#switch(statement);
      case 'TryStatement':
        return this.#try(statement);
      case 'DoWhileStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'ForStatement':
      case 'WhileStatement':
        return this.#loop(statement);
      default:
        return 'goes on';
    }
  }

  #branch({ test, consequent, alternate }: Node): End {
    const ways = branchesOf(test!, this.#names, this.#keys);
    const ends: End[] = [];
    if (ways.consequent) ends.push(this.follow(statementsOf(consequent)));
    if (ways.alternate) ends.push(alternate ? this.follow(statementsOf(alternate)) : 'goes on');
    return worst(ends);
  }

  /**
   * `if (…) throw error`, where the test looks at the error in a way that cannot be read with certainty: what follows is taken
   * to be for the errors that the author wanted. A test for one other kind of error says nothing about the rest.
   */
  #guards({ type, test, consequent, alternate }: Node): boolean {
    if (type !== 'IfStatement' || alternate) return false;
    const ways = branchesOf(test!, this.#names, this.#keys);
    const asksUs = unwrap(test!).type === 'CallExpression' && ways.aboutError;
    const isCompound = unwrap(test!).type === 'LogicalExpression' && ways.consequent && ways.aboutError;
    if (!asksUs && !isCompound && !speaksOfCancelling(test!, this.#keys)) return false;
    return this.follow(statementsOf(consequent)) === 'thrown';
  }

  #switch({ discriminant, cases = [] }: Node): End {
    const about = mentions(discriminant!, this.#names, this.#keys);
    const isAboutError = about || cases.some(({ test }) => test && mentions(test, this.#names, this.#keys));
    const reached = isAboutError ? cases.filter(({ test }) => !test) : cases;
    const ends = reached.map((one) => this.#case(cases.slice(cases.indexOf(one))));
    if (!cases.some(({ test }) => !test)) ends.push('goes on');
    return worst(ends);
  }

  /** A case goes on with the next one until a `break`. */
  #case(cases: readonly Node[]): End {
    const statements = cases.flatMap(({ consequent }) => consequent as readonly Node[]);
    const index = statements.findIndex(({ type }) => type === 'BreakStatement');
    return this.follow(index < 0 ? statements : statements.slice(0, index));
  }

  #try({ block, handler, finalizer }: Node): End {
    if (finalizer && this.follow(statementsOf(finalizer)) === 'thrown') return 'thrown';
    const tried = this.follow(statementsOf(block));
    if (!handler) return tried;
    const handled = this.follow(statementsOf(handler.body));
    // The handler decides about everything that was thrown in the block.
    return tried === 'thrown' ? handled : worst([tried, handled]);
  }

  /** The body of a loop may not run at all. */
  #loop({ body }: Node): End {
    this.#loops++;
    const end = this.follow(statementsOf(body));
    this.#loops--;
    return end === 'swallowed' ? 'swallowed' : 'goes on';
  }

  #remember({ declarations = [] }: Node): void {
    for (const { id, init } of declarations) {
      if (!init || !mentions(init, this.#names, this.#keys)) continue;
      for (const inner of runningIn(id!, this.#keys)) if (isIdentifier(inner)) this.#names.add(inner.name);
    }
  }

  /** Whether an expression throws a `Cancelled` again, or gives it to the code that will. */
  #handsOn(expression: Node, isWaitedFor = false): boolean {
    const value = unwrap(expression);
    if (value.type === 'AwaitExpression') return this.#handsOn(value.argument!, true);
    if (value.type === 'AssignmentExpression') return this.#keeps(value.left!, value.right!);
    if (value.type === 'ConditionalExpression') {
      const ways = branchesOf(value.test!, this.#names, this.#keys);
      const ends = [
        ...(ways.consequent ? [this.#handsOn(value.consequent as Node, isWaitedFor)] : []),
        ...(ways.alternate ? [this.#handsOn(value.alternate!, isWaitedFor)] : []),
      ];
      return ends.length > 0 && !ends.includes(false);
    }
    if (value.type !== 'CallExpression') return false;
    const method = methodCall(value);
    if (method?.name === 'exit' && isIdentifier(unwrap(method.object), 'process')) return true;
    if (!value.arguments?.some((argument) => mentions(argument, this.#names, this.#keys))) return false;
    if (isThrowing(value)) return true;
    if (method?.name === 'push') return this.#isThrownLater(method.object);
    return this.#file.types?.isNever(value) === true || this.#isThrownByFunction(value, isWaitedFor);
  }

  /** Whether the function of this file that gets the error throws it again. */
  #isThrownByFunction(call: Node, isWaitedFor: boolean): boolean {
    const fn = this.#depth > deepest ? undefined : functionCalled(this.#file, call);
    if (fn === undefined || (fn.async === true && !isWaitedFor)) return false;
    const parameter = call.arguments!.findIndex((argument) => {
      const given = unwrap(argument);
      return isIdentifier(given) && this.#names.has(given.name);
    });
    return parameter >= 0 && !functionSwallows(this.#file, fn, parameter, this.#depth + 1);
  }

  #keeps(target: Node, value: Node): boolean {
    return mentions(value, this.#names, this.#keys) && this.#isThrownLater(target);
  }

  /** Whether what was put aside is thrown by the same function: at the end of a loop, from a `finally`. */
  #isThrownLater(holder: Node): boolean {
    const names = new Set(isIdentifier(unwrap(holder)) ? [unwrap(holder).name!] : []);
    if (names.size === 0) return false;
    const around = isFunction(this.#around) ? runningWhenCalled : runningIn;
    return [...around(this.#around, this.#keys)].some(
      (node) => (node.type === 'ThrowStatement' || isThrowing(node)) && mentions(node, names, this.#keys),
    );
  }
}

function worst(ends: readonly End[]): End {
  if (ends.includes('swallowed')) return 'swallowed';
  return ends.includes('goes on') ? 'goes on' : 'thrown';
}

/** A call of a function that says in its name that it throws what it gets: `rethrowIfCancelled(e)`, `reject(e)`. */
function isThrowing(node: Node): boolean {
  if (node.type !== 'CallExpression') return false;
  const callee = unwrap(node.callee!);
  const name = (callee.type === 'Identifier' ? callee.name : memberName(callee)) ?? '';
  return /^#?(re)?throw|^reject$/i.test(name);
}
