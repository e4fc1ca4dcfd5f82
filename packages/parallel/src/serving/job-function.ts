import type { Fn } from '../naming/remote-function.ts';
import { describe } from '../boundary/encode-error.ts';
import { importModule } from './import-module.ts';

/** Microseconds: what takes less on the average is quick. */
const QUICK = 100;
/** A single call counts no more than this. */
const MOST = 500;

/** The kind of a function, known before it is called. */
export type FunctionKind = 'plain' | 'async' | 'generator';

/** A function that a worker calls: imported when it is first needed. */
export class JobFunction {
  readonly module: string;
  readonly name: string;
  /** Once it is imported. */
  fn: Fn | undefined = undefined;
  kind: FunctionKind = 'plain';
  /** How long it takes, in microseconds; begins high, so that only experience makes a function quick. */
  #average = 1000;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  /** Whether many of its calls can be answered together. */
  get isQuick(): boolean {
    return this.#average < QUICK;
  }

  took(microseconds: number): void {
    // A pause of the whole machine must not make it slow.
    this.#average = this.#average * 0.9 + Math.min(microseconds, MOST) * 0.1;
  }

  /** @throws {TypeError} when the module cannot be loaded, or has no such function. */
  async load(): Promise<Fn> {
    if (this.fn !== undefined) return this.fn;
    let exports: Record<string, unknown>;
    try {
      exports = await importModule(this.module);
    } catch (error) {
      throw new TypeError(`${this.name}: the module ${this.module} could not be loaded: ${describe(error)}`, {
        cause: error,
      });
    }
    const fn = exports[this.name];
    if (typeof fn !== 'function') {
      const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
      const list = names.length === 0 ? 'it exports no functions' : `it exports ${names.join(', ')}`;
      throw new TypeError(`the module ${this.module} exports no function ${this.name}; ${list}`);
    }
    this.kind = kindOf(fn);
    return (this.fn = fn as Fn);
  }
}

// By the class of the function: its name stays through all bundlers.
function kindOf(fn: object): FunctionKind {
  const tag = Object.prototype.toString.call(fn);
  if (tag === '[object AsyncFunction]') return 'async';
  return tag.endsWith('GeneratorFunction]') ? 'generator' : 'plain';
}
