import { defineRule, type Offer } from '../defining/define-rule.ts';
import { replaced, tercetName } from '../fixing/tercet-name.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { isFunction } from '../syntax/functions.ts';
import { methodCall, unwrap, type Node } from '../syntax/node.ts';
import { runningIn, runningWhenCalled, waits } from '../syntax/walk.ts';
import { functionNamed } from '../tercet/local-functions.ts';
import { beginsOperation, operationOf } from '../tercet/operations.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'leaves' | 'useOurs' | 'useMap';

/** The fate of the operations that the combinator does not wait for, in words. */
const ends: Readonly<Record<string, string>> = {
  all: 'when one fails, the others go on',
  allSettled: 'no failure stops the others',
  any: 'the losers go on',
  race: 'the losers go on',
};
const instead: Readonly<Record<string, string>> = {
  all: 'all([() => …])',
  allSettled: 'a nursery, and a task with a try for each',
  any: 'any([() => …])',
  race: 'race([() => …])',
};

export const noPromiseCombinatorsOverOperations: RuleModule = defineRule<Message>({
  name: 'no-promise-combinators-over-operations',
  description: 'Disallow Promise.race, all, any and allSettled over operations of Tercet',
  messages: {
    leaves:
      "Promise.{{name}} neither cancels nor awaits the operations it does not need ('{{operation}}'): {{end}}. Use {{instead}} of '@tercet/core'.",
    useOurs: 'Use {{name}}() with functions.',
    useMap: 'Use {{name}}().',
  },
  offers: true,
  create: (file, report) => ({
    CallExpression(call) {
      const method = methodCall(call);
      if (method === undefined || !Object.hasOwn(ends, method.name)) return;
      if (!file.isGlobal(unwrap(method.object), 'Promise')) return;
      const given = call.arguments?.[0];
      const operation = given && operationIn(file, given);
      if (operation === undefined) return;
      const { name } = method;
      const data = { name, operation, end: ends[name]!, instead: instead[name]! };
      const offers = name === 'allSettled' ? [] : [offerArray(file, call, name), offerMap(file, call, name)];
      report({ node: call, messageId: 'leaves', data, offers });
    },
  }),
});

/** The first operation among what a combinator is given. */
function operationIn(file: TercetFile, given: Node): string | undefined {
  const list = unwrap(given);
  if (list.type === 'ArrayExpression') {
    for (const element of list.elements ?? []) {
      const operation = element === null ? undefined : operationOfElement(file, element);
      if (operation !== undefined) return operation;
    }
    return undefined;
  }
  if (list.type === 'Identifier') {
    const init = file.definition(file.variableOf(list))?.init;
    return init && unwrap(init).type !== 'Identifier' ? operationIn(file, init) : undefined;
  }
  const method = methodCall(list);
  const fn = method && /^(map|flatMap)$/.test(method.name) ? list.arguments?.[0] : undefined;
  const from = method && unwrap(method.object).type === 'Identifier' && unwrap(method.object).name === 'Array';
  const mapper = fn ?? (from && method.name === 'from' ? list.arguments?.[1] : undefined);
  return mapper && operationOfMapper(file, mapper);
}

function operationOfElement(file: TercetFile, element: Node): string | undefined {
  if (element.type === 'SpreadElement') return operationIn(file, element.argument!);
  const value = unwrap(element);
  const method = methodCall(value);
  if (method !== undefined && /^(then|catch|finally)$/.test(method.name))
    return operationOfElement(file, method.object);
  if (value.type !== 'Identifier') return beginsOperation(file, value);
  const init = file.definition(file.variableOf(value))?.init;
  return init && beginsOperation(file, init);
}

/** `map(sleep)`, `map((x) => send(x))`, `map(async (x) => { await send(x); })` */
function operationOfMapper(file: TercetFile, mapper: Node): string | undefined {
  const fn = functionNamed(file, mapper);
  if (fn === undefined) return operationOf(file, { ...mapper, type: 'CallExpression', callee: mapper, arguments: [] });
  if (isFunction(fn.body as Node)) return undefined;
  const body = fn.body as Node;
  if (body.type !== 'BlockStatement' && beginsOperation(file, body) !== undefined) return beginsOperation(file, body);
  for (const node of runningWhenCalled(fn, file.keys)) {
    const isResult = node.type === 'ReturnStatement' || (node.type === 'AwaitExpression' && fn.async === true);
    const operation = isResult && node.argument ? beginsOperation(file, node.argument) : undefined;
    if (operation !== undefined) return operation;
  }
  return undefined;
}

/** `Promise.race([a(), b()])` → `race([() => a(), () => b()])` */
function offerArray(file: TercetFile, call: Node, name: string): Offer<Message> | undefined {
  const list = unwrap(call.arguments![0]!);
  const elements = list.type === 'ArrayExpression' ? (list.elements ?? []) : [];
  const ours = elements.length === 0 ? undefined : tercetName(file, call, name);
  const texts = elements.map((element) =>
    element && becomesFunction(file, element) ? `() => ${file.text(element)}` : '',
  );
  if (ours === undefined || texts.includes('')) return undefined;
  const text = `${ours.text}([${texts.join(', ')}])`;
  return { messageId: 'useOurs', data: { name: ours.text }, edits: [...ours.edits, replaced(call, text)] };
}

/** A call can be made later; what waits, or has begun already, cannot. */
function becomesFunction(file: TercetFile, element: Node): boolean {
  return unwrap(element).type === 'CallExpression' && ![...runningIn(element, file.keys)].some(waits);
}

/** `Promise.all(items.map((item) => send(item)))` → `mapConcurrent(items, (item) => send(item))` */
function offerMap(file: TercetFile, call: Node, name: string): Offer<Message> | undefined {
  const list = unwrap(call.arguments![0]!);
  const method = name === 'all' ? methodCall(list) : undefined;
  const [mapper, ...others] = list.arguments ?? [];
  if (method?.name !== 'map' || mapper === undefined || others.length > 0) return undefined;
  // mapConcurrent gives no third argument.
  if (!isFunction(mapper) || (mapper.params?.length ?? 0) > 2) return undefined;
  const ours = tercetName(file, call, 'mapConcurrent');
  if (ours === undefined) return undefined;
  const text = `${ours.text}(${file.text(method.object)}, ${file.text(mapper)})`;
  return { messageId: 'useMap', data: { name: ours.text }, edits: [...ours.edits, replaced(call, text)] };
}
