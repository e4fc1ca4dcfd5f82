import { parse as parseJson, printParseErrorCode, type ParseError } from 'jsonc-parser';
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLParseError,
} from 'yaml';
import { InputError, type Place, type Problem } from './input-error.ts';

/** The data of a job file, and where each piece of it stands. */
export interface ParsedText {
  readonly value: unknown;
  /** The place of the value that the keys lead to, or of its last key; of the nearest thing around it that has one. */
  readonly placeOf: (keys: readonly PropertyKey[], what?: 'value' | 'key') => Place;
}

/**
 * Reads JSON or YAML. YAML's parser reads both and knows where everything stands; but it sees YAML in broken JSON, and
 * explains it as such. So JSON's own grammar is checked before, by a parser that says what it expected.
 *
 * @throws {InputError} for the first syntax error in JSON, for each one in YAML.
 */
export function parseText(source: string, path: string): ParsedText {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: Math.max(col, 1) };
  };
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    merge: true,
    stringKeys: true,
  } as const;
  const document = parseDocument(source, options);
  const fail = (problems: readonly Problem[]): never => {
    throw new InputError(path, source, problems);
  };

  if (path.toLowerCase().endsWith('.json')) {
    const error = firstJsonError(source);
    if (error !== undefined) fail([{ place: placeAt(error.offset), text: describeJsonError(error) }]);
  }
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    fail(errors.map((error) => ({ place: placeAt(error.pos[0]), text: describeYamlError(error, document, placeAt) })));
  }

  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // Aliases are only followed now: an unknown name, or a few lines that would unfold into gigabytes.
    fail([{ place: placeAt(firstAlias(document)), text: error instanceof Error ? error.message : String(error) }]);
  }
  return { value, placeOf: (keys, what = 'value') => placeAt(offsetOf(document, keys, what)) };
}

function firstJsonError(source: string): ParseError | undefined {
  const errors: ParseError[] = [];
  parseJson(source, errors, { disallowComments: true, allowTrailingComma: false });
  return errors[0];
}

/** `CloseBraceExpected` becomes "syntax error: close brace expected". */
function describeJsonError({ error }: ParseError): string {
  const words = printParseErrorCode(error).replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  return `syntax error: ${words.toLowerCase()}`;
}

function describeYamlError(
  error: YAMLParseError | Error,
  document: Document,
  placeAt: (offset: number) => Place,
): string {
  if (!('code' in error) || error.code !== 'DUPLICATE_KEY' || !('pos' in error))
    return `syntax error: ${error.message}`;
  const [start] = error.pos;
  let text = 'a key may be given only once';
  visit(document, {
    Map(_, map) {
      const again = map.items.find(({ key }) => startOf(key) === start);
      const first = map.items.find(({ key }) => keyText(key) === keyText(again?.key));
      const offset = startOf(first?.key);
      if (again === undefined || offset === undefined) return undefined;
      text = `"${keyText(again.key)}" is given twice, first in line ${placeAt(offset).line}`;
      return visit.BREAK;
    },
  });
  return text;
}

function firstAlias(document: Document): number {
  let offset = 0;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = startOf(alias) ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function offsetOf(document: Document, keys: readonly PropertyKey[], what: 'value' | 'key'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, key] of keys.entries()) {
    const child = childOf(isAlias(node) ? node.resolve(document) : node, key);
    if (child === undefined) break;
    const isGoal = depth === keys.length - 1;
    const wanted = isPair(child) && isGoal && what === 'key' ? child.key : isPair(child) ? child.value : child;
    // `key:` with nothing behind it has no value that would stand anywhere.
    offset = startOf(wanted) ?? (isPair(child) ? startOf(child.key) : undefined) ?? offset;
    node = isPair(child) ? child.value : child;
  }
  return offset;
}

function childOf(node: unknown, key: PropertyKey): Pair | Node | undefined {
  if (isMap(node)) return node.items.find((pair) => keyText(pair.key) === String(key));
  const item = isSeq(node) ? node.items[Number(key)] : undefined;
  return isNode(item) ? item : undefined;
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
