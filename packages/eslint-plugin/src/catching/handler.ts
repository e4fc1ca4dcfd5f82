import { isFunction } from '../syntax/functions.ts';
import { isIdentifier, memberName, methodCall, statementsOf, unwrap, type Node } from '../syntax/node.ts';
import { runningIn, runningWhenCalled, type VisitorKeys } from '../syntax/walk.ts';
import { branchesOf, mentions, saysCancelled, speaksOfCancelling } from './tests.ts';

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
export function swallows({ names, statements, around }: Handling, keys: VisitorKeys): boolean {
  return new Handler(new Set(names), around, keys).follow(statements) !== 'thrown';
}

class Handler {
  readonly #names: Set<string>;
  readonly #around: Node;
  readonly #keys: VisitorKeys;

  constructor(names: Set<string>, around: Node, keys: VisitorKeys) {
    this.#names = names;
    this.#around = around;
    this.#keys = keys;
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
        return statement.argument && this.#handsOn(statement.argument) ? 'thrown' : 'swallowed';
      case 'BreakStatement':
      case 'ContinueStatement':
        return 'swallowed';
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
    // Whatever was thrown in the block, the handler decides about it.
    return tried === 'thrown' ? handled : worst([tried, handled]);
  }

  /** The body of a loop may not run at all. */
  #loop({ body }: Node): End {
    const leaves = [...runningIn(body as Node, this.#keys)].some(
      ({ type, argument }) => type === 'ReturnStatement' && !(argument && this.#handsOn(argument)),
    );
    return leaves ? 'swallowed' : 'goes on';
  }

  #remember({ declarations = [] }: Node): void {
    for (const { id, init } of declarations) {
      if (!init || !mentions(init, this.#names, this.#keys)) continue;
      for (const inner of runningIn(id!, this.#keys)) if (isIdentifier(inner)) this.#names.add(inner.name);
    }
  }

  /** Whether an expression throws a `Cancelled` again, or gives it to the code that will. */
  #handsOn(expression: Node): boolean {
    const value = unwrap(expression);
    if (value.type === 'AwaitExpression') return this.#handsOn(value.argument!);
    if (value.type === 'AssignmentExpression') return this.#keeps(value.left!, value.right!);
    if (value.type === 'ConditionalExpression') {
      const ways = branchesOf(value.test!, this.#names, this.#keys);
      const ends = [
        ...(ways.consequent ? [this.#handsOn(value.consequent as Node)] : []),
        ...(ways.alternate ? [this.#handsOn(value.alternate!)] : []),
      ];
      return ends.length > 0 && !ends.includes(false);
    }
    if (value.type !== 'CallExpression') return false;
    const given = value.arguments?.some((argument) => mentions(argument, this.#names, this.#keys)) ?? false;
    const method = methodCall(value);
    const callee = unwrap(value.callee!);
    const name = (callee.type === 'Identifier' ? callee.name : memberName(callee)) ?? '';
    if (method?.name === 'exit' && isIdentifier(unwrap(method.object), 'process')) return true;
    if (!given) return false;
    if (/^(re)?throw/i.test(name) || (saysCancelled(callee) && /throw/i.test(name))) return true;
    if (name === 'reject') return true;
    return method?.name === 'push' && this.#isThrownLater(method.object);
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
      ({ type, argument }) => type === 'ThrowStatement' && argument && mentions(argument, names, this.#keys),
    );
  }
}

function worst(ends: readonly End[]): End {
  if (ends.includes('swallowed')) return 'swallowed';
  return ends.includes('goes on') ? 'goes on' : 'thrown';
}
