import { createScanner, printParseErrorCode, visit, type ParseErrorCode } from 'jsonc-parser';

/** A fault at an offset. */
export interface SyntaxProblem {
  readonly offset: number;
  readonly text: string;
}

/** Looks for the first mistake in JSON. @param mostLevels how deep it may be nested: the parser is recursive. */
export function firstJsonProblem(source: string, mostLevels: number): SyntaxProblem | undefined {
  return deeperThan(source, mostLevels) ?? firstError(source);
}

function deeperThan(source: string, mostLevels: number): SyntaxProblem | undefined {
  const scanner = createScanner(source, true);
  let level = 0;
  // At the end a token is empty.
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    const offset = scanner.getTokenOffset();
    const first = source[offset];
    if (first === ']' || first === '}') level--;
    else if ((first === '[' || first === '{') && ++level > mostLevels) return { offset, text: tooDeep(mostLevels) };
  }
  return undefined;
}

export function tooDeep(mostLevels: number): string {
  return `nested deeper than ${mostLevels} levels`;
}

function firstError(source: string): SyntaxProblem | undefined {
  let first: SyntaxProblem | undefined;
  const onError = (error: ParseErrorCode, offset: number): void => {
    first ??= { offset, text: describeJsonError(error) };
  };
  visit(source, { onError }, { disallowComments: true, allowTrailingComma: false });
  return first;
}

/** `CloseBraceExpected` becomes "syntax error: close brace expected". */
function describeJsonError(error: ParseErrorCode): string {
  const words = printParseErrorCode(error).replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  return `syntax error: ${words.toLowerCase()}`;
}
