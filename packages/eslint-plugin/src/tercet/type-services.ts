import type { Node } from '../syntax/node.ts';

// As much of TypeScript's interface as the rules use. The program comes from the parser of typescript-eslint, so the plugin
// does not depend on TypeScript, nor on a version of it.
interface SourceFile {
  readonly fileName: string;
  readonly packageJsonScope?: { readonly contents?: { readonly packageJsonContent?: { readonly name?: unknown } } };
}
interface Declaration {
  readonly name?: { readonly text?: string };
  readonly parent?: Declaration;
  getSourceFile(): SourceFile;
}
interface Type {
  readonly symbol?: { readonly name: string; readonly declarations?: readonly Declaration[] };
  getCallSignatures(): readonly unknown[];
  getProperty(name: string): unknown;
}
interface Checker {
  getTypeAtLocation(node: object): Type;
  typeToString(type: Type): string;
  getResolvedSignature(node: object): { readonly declaration?: Declaration } | undefined;
}
export interface ParserServices {
  readonly program?: { getTypeChecker(): Checker } | null;
  readonly esTreeNodeToTSNodeMap?: { get(node: object): object | undefined };
}

/** Methods and functions of ours whose promise is also for code outside of runs, or is a whole program. */
const notOperations = new Set(['call', 'main', 'run', 'testRun']);

/** Types, where the parser has them: with typescript-eslint and a project, never with oxlint. */
export class TypeServices {
  readonly #checker: Checker;
  readonly #nodes: { get(node: object): object | undefined };

  static of(services: ParserServices | undefined): TypeServices | undefined {
    const { program, esTreeNodeToTSNodeMap: nodes } = services ?? {};
    return program && nodes ? new TypeServices(program.getTypeChecker(), nodes) : undefined;
  }

  private constructor(checker: Checker, nodes: { get(node: object): object | undefined }) {
    this.#checker = checker;
    this.#nodes = nodes;
  }

  /** The name of the function or method of Tercet that a call begins an operation with. */
  operation(call: Node): string | undefined {
    const node = this.#nodes.get(call);
    const declaration = node && this.#checker.getResolvedSignature(node)?.declaration;
    const name = declaration?.name?.text;
    if (declaration === undefined || name === undefined || !isOurs(declaration.getSourceFile())) return undefined;
    const ofScope = name === 'run' && declaration.parent?.name?.text === 'CancelScope';
    if (notOperations.has(name) && !ofScope) return undefined;
    return this.isPromise(call) === true ? name : undefined;
  }

  /** Whether an expression is a promise and not a function. */
  isPromise(node: Node): boolean | undefined {
    const type = this.#typeOf(node);
    return type && type.getProperty('then') !== undefined && type.getCallSignatures().length === 0;
  }

  /** Whether an expression, or the promise that it is, never gives anything: it throws. */
  isNever(node: Node): boolean {
    const type = this.#typeOf(node);
    return type !== undefined && /^(never|Promise<never>)$/.test(this.#checker.typeToString(type));
  }

  /** The class of Tercet that an expression is an instance of. */
  className(node: Node): string | undefined {
    const symbol = this.#typeOf(node)?.symbol;
    const declaration = symbol?.declarations?.[0];
    return declaration !== undefined && isOurs(declaration.getSourceFile()) ? symbol?.name : undefined;
  }

  #typeOf(node: Node): Type | undefined {
    const known = this.#nodes.get(node);
    return known && this.#checker.getTypeAtLocation(known);
  }
}

function isOurs({ fileName, packageJsonScope }: SourceFile): boolean {
  const name = packageJsonScope?.contents?.packageJsonContent?.name;
  if (typeof name === 'string') return name.startsWith('@tercet/');
  return /[\\/]@tercet[\\/]/.test(fileName);
}
