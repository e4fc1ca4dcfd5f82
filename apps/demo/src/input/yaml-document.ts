import { Composer, CST, Lexer, Parser, type Document, type LineCounter } from 'yaml';
import { tooDeep, type SyntaxProblem } from './json-syntax.ts';

/** How deep collections may be nested. Composing is recursive, and no real file is nested as deeply. */
export const mostLevels = 100;
/** At most this many tokens may be in a file: names, values, brackets, comments, line ends, and spaces. */
export const mostPieces = 400_000;

/** The file is refused before all of it has been read. */
export class RefusedText extends Error {
  override readonly name: string = 'RefusedText';
  readonly problem: SyntaxProblem;

  constructor(problem: SyntaxProblem) {
    super(problem.text);
    this.problem = problem;
  }
}

const options = {
  prettyErrors: false,
  logLevel: 'error',
  merge: true,
  stringKeys: true,
  // The library would compare each key with all keys before it. We check with a Map later.
  uniqueKeys: false,
} as const;

/**
 * The tree of a text in YAML, with the errors and warnings that were found in it. The work is proportional to the length
 * of the text, whatever its content is.
 *
 * @throws {RefusedText} when it is nested too deeply, or consists of too many pieces.
 */
export function readDocument(source: string, lines: LineCounter): Document {
  let document: Document | undefined;
  // Each character of a text may be an error, and their stacks would cost more than everything else.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const composer = new Composer({ ...options, lineCounter: lines });
    for (const next of composer.compose(tokensOf(source, lines), true, source.length)) {
      if (document === undefined) document = next;
      else
        throw new RefusedText({
          offset: next.range[0],
          text: 'syntax error: a file has one document, not multiple documents',
        });
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  if (document === undefined) throw new Error('the composer has made no document, although it was to force one');
  return document;
}

function* tokensOf(source: string, lines: LineCounter): Generator<CST.Token> {
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  let pieces = 0;
  for (const lexeme of new Lexer().lex(source)) {
    if (++pieces > mostPieces) {
      throw new RefusedText({ offset: parser.offset, text: `a file of more than ${mostPieces} pieces is not read` });
    }
    yield* parser.next(lexeme);
    // The document is the first one; a scalar that is not complete is not a level.
    const top = parser.stack.at(-1);
    if (top !== undefined && 'items' in top && parser.stack.length > mostLevels + 1) {
      throw new RefusedText({ offset: parser.offset - lexeme.length, text: tooDeep(mostLevels) });
    }
  }
  yield* parser.end();
}
