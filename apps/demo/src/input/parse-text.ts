import { LineCounter } from 'yaml';
import { InputError, mostProblems, type Place } from './input-error.ts';
import { firstJsonProblem, type SyntaxProblem } from './json-syntax.ts';
import { mostLevels, readDocument, RefusedText } from './yaml-document.ts';
import { YamlValues } from './yaml-values.ts';

/** The data of a file, in which mappings are Maps, and where each piece of it stands. */
export interface ParsedText {
  readonly value: unknown;
  /** The place of the value that the keys lead to, or of its last key; otherwise of the nearest parent that has one. */
  readonly placeOf: (keys: readonly PropertyKey[], what?: 'value' | 'key') => Place;
}

/**
 * Reads JSON or YAML. YAML's parser reads both and knows where everything stands; but it sees YAML in broken JSON, and
 * explains it as such. So JSON's own grammar is checked before, by a parser that says what it expected.
 *
 * The text may come from an attacker: the work is proportional to its length, and deep nesting is refused.
 *
 * @throws {InputError} for the first syntax error in JSON, for each one in YAML.
 */
export function parseText(source: string, path: string): ParsedText {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: Math.max(col, 1) };
  };
  const failIfAny = (problems: readonly SyntaxProblem[]): void => {
    if (problems.length === 0) return;
    const shown = problems.slice(0, mostProblems).map(({ offset, text }) => ({ place: placeAt(offset), text }));
    throw new InputError(path, source, shown, problems.length);
  };

  if (path.toLowerCase().endsWith('.json')) {
    const problem = firstJsonProblem(source, mostLevels);
    if (problem !== undefined) {
      addLines(lines, source);
      failIfAny([problem]);
    }
  }
  const values = readValues(source, lines, failIfAny);
  failIfAny(values.problems);
  const { value } = values;
  return { value, placeOf: (keys, what = 'value') => placeAt(offsetOf(values, keys, what)) };
}

function readValues(
  source: string,
  lines: LineCounter,
  failIfAny: (problems: readonly SyntaxProblem[]) => void,
): YamlValues {
  try {
    const document = readDocument(source, lines);
    failIfAny(
      [...document.errors, ...document.warnings].map(({ pos, message }) => ({
        offset: pos[0],
        text: `syntax error: ${message}`,
      })),
    );
    return new YamlValues(document, (offset) => lines.linePos(offset).line);
  } catch (error) {
    if (error instanceof RefusedText) failIfAny([error.problem]);
    throw error;
  }
}

/** For a text that YAML's parser has not read. */
function addLines(lines: LineCounter, source: string): void {
  lines.addNewLine(0);
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
}

function offsetOf(values: YamlValues, keys: readonly PropertyKey[], what: 'value' | 'key'): number {
  let offset = values.start;
  let collection = values.value;
  for (const [depth, key] of keys.entries()) {
    const spot = values.spotOf(collection, key);
    if (spot === undefined) break;
    offset = what === 'key' && depth === keys.length - 1 ? spot.key : spot.value;
    collection =
      collection instanceof Map
        ? (collection as Map<PropertyKey, unknown>).get(key)
        : (collection as unknown[])[Number(key)];
  }
  return offset;
}
