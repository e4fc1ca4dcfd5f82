import type { Rule } from 'eslint';
import type { RuleModule } from '../plugin-shape.ts';
import type { Node } from '../syntax/node.ts';
import { TercetFile } from '../tercet/tercet-file.ts';

/** A change of the text: one place for each edit. */
export type Edit = (fixer: Rule.RuleFixer) => Rule.Fix;

/** A change of the code that the reader is offered, with the words for it. */
export interface Offer<Id extends string> {
  readonly messageId: Id;
  readonly data?: Readonly<Record<string, string>>;
  readonly edits: readonly Edit[];
}

export interface Finding<Id extends string> {
  readonly node: Node;
  readonly messageId: Id;
  readonly data?: Readonly<Record<string, string>>;
  /** Applied by `--fix`: only what leaves the meaning of the program as it is. */
  readonly fix?: readonly Edit[] | undefined;
  /** Offered by the editor: what a person has to agree to. */
  readonly offers?: readonly (Offer<Id> | undefined)[];
}

/** A rule's visitor: a function for each kind of node that it looks at. */
export type Visitor = Readonly<Record<string, (node: Node) => void>>;

export interface RuleDefinition<Id extends string, Options extends object> {
  readonly name: string;
  readonly type?: 'problem' | 'suggestion';
  readonly description: string;
  /** Whether the rule has nothing to say where there are no types. */
  readonly requiresTypes?: boolean;
  readonly fixable?: true;
  readonly messages: Readonly<Record<Id, string>>;
  readonly offers?: true;
  /** The schema of each option. */
  readonly options?: { readonly [name in keyof Options]-?: object };
  /** Called for each file that uses Tercet. */
  readonly create: (file: TercetFile, report: (finding: Finding<Id>) => void, options: Partial<Options>) => Visitor;
}

/** Makes a module that ESLint and oxlint load. It does nothing in files that get nothing from Tercet. */
export function defineRule<Id extends string, Options extends object = object>(
  definition: RuleDefinition<Id, Options>,
): RuleModule {
  const { name, description, messages, options } = definition;
  return {
    meta: {
      type: definition.type ?? 'problem',
      docs: { description, url: docsUrl(name), requiresTypeChecking: definition.requiresTypes ?? false },
      messages: { ...messages },
      schema: options === undefined ? [] : [{ type: 'object', properties: options, additionalProperties: false }],
      ...(definition.fixable && { fixable: 'code' as const }),
      ...(definition.offers && { hasSuggestions: true }),
    },
    create(context: Rule.RuleContext): Listeners {
      const file = fileOf(context);
      if (!file.usesTercet) return {};
      const given = (context.options[0] ?? {}) as Partial<Options>;
      // ESLint and oxlint hand over nodes.
      return definition.create(file, (finding) => report(context, finding), given) as Listeners;
    },
  };
}

type Listeners = ReturnType<RuleModule['create']>;

// All rules look at the same files.
const files = new WeakMap<object, TercetFile>();

function fileOf(context: Rule.RuleContext): TercetFile {
  const { ast } = context.sourceCode;
  const known = files.get(ast);
  if (known !== undefined) return known;
  const file = new TercetFile(context);
  files.set(ast, file);
  return file;
}

function docsUrl(name: string): string {
  return `https://github.com/tercet/tercet/blob/main/packages/eslint-plugin/docs/rules/${name}.md`;
}

function report<Id extends string>(context: Rule.RuleContext, finding: Finding<Id>): void {
  const { node, messageId, data = {}, fix, offers = [] } = finding;
  context.report({
    node: node as never,
    messageId,
    data,
    ...(fix && { fix: applying(fix) }),
    suggest: offers
      .filter((offer) => offer !== undefined)
      .map(({ edits, messageId: id, data: words = {} }) => ({ messageId: id, data: words, fix: applying(edits) })),
  });
}

function applying(edits: readonly Edit[]): (fixer: Rule.RuleFixer) => Rule.Fix[] {
  return (fixer) => edits.map((edit) => edit(fixer));
}
