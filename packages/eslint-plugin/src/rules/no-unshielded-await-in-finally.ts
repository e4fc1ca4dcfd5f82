import { defineRule, type Offer } from '../defining/define-rule.ts';
import { replaced, tercetName } from '../fixing/tercet-name.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { branchesOf } from '../catching/tests.ts';
import { functionAround, isFunction, isWithin } from '../syntax/functions.ts';
import { memberName, methodCall, outside, unwrap, nameOfPattern, type Node } from '../syntax/node.ts';
import { runningIn, runningWhenCalled, waits } from '../syntax/walk.ts';
import { isForeign } from '../tercet/foreign.ts';
import { takerOf, takingOf } from '../tercet/instances.ts';
import { functionCalled } from '../tercet/local-functions.ts';
import { propertyOf } from '../tercet/numbers.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

// A function that calls a function, and so on: they are followed so far.
const deepest = 4;

type Message = 'unshielded' | 'afterCancel' | 'shield';
interface Options {
  /** Methods that do their work also when cancelled. */
  readonly allow: readonly string[];
}

export const noUnshieldedAwaitInFinally: RuleModule = defineRule<Message, Options>({
  name: 'no-unshielded-await-in-finally',
  description: 'Require that cleanup which waits is shielded',
  messages: {
    unshielded:
      "When the scope is cancelled, this 'await' in 'finally' throws Cancelled at once, and the cleanup does not happen. Put it in shielded(() => …), with a timeout if it may take long.",
    afterCancel:
      "This runs when the scope has been cancelled, so the 'await' throws Cancelled at once. Put it in shielded(() => …), with a timeout if it may take long.",
    shield: 'Wrap it in {{name}}().',
  },
  offers: true,
  options: {
    allow: { type: 'array', items: { type: 'string' }, uniqueItems: true },
  },
  create: (file, report, { allow = [] }) => {
    const allowed = new Set(['close', 'closeForcefully', 'asyncDispose', ...allow]);
    const check = (node: Node): void => {
      const place = placeOf(file, node);
      const waited = node.type === 'AwaitExpression' ? node.argument! : node.right!;
      if (place === undefined || isExempt(file, waited, allowed) || isInShield(file, node)) return;
      report({ node, messageId: place, offers: node.type === 'AwaitExpression' ? [offer(file, node)] : [] });
    };
    return {
      AwaitExpression: check,
      ForOfStatement(node) {
        if (node.await === true) check(node);
      },
    };
  },
});

/** Whether a node runs in a `finally`, or where the error is known to be Cancelled, by the function that has it. */
function placeOf(file: TercetFile, node: Node): 'unshielded' | 'afterCancel' | undefined {
  for (let inner = node, outer = node.parent; outer && !isFunction(outer); inner = outer, outer = outer.parent) {
    if (outer.type === 'TryStatement' && outer.finalizer === inner) return 'unshielded';
    if (outer.type === 'IfStatement' && isForCancelled(file, outer, inner)) return 'afterCancel';
  }
  return undefined;
}

function isForCancelled(file: TercetFile, { test, consequent, parent }: Node, branch: Node): boolean {
  if (branch !== consequent) return false;
  let handler = parent;
  while (handler && handler.type !== 'CatchClause' && !isFunction(handler)) handler = handler.parent;
  const error = handler?.type === 'CatchClause' ? nameOfPattern(handler.param) : undefined;
  if (error === undefined || !/cancelled/i.test(file.text(test!))) return false;
  const ways = branchesOf(test!, new Set([error]), file.keys);
  return ways.aboutError && ways.consequent && !ways.alternate;
}

/**
 * Whether a node runs in a function that is given to a shield which nothing can cut off: it has no time limit, and the function
 * does not ask for the scope, which it could cancel.
 */
function isInShield(file: TercetFile, node: Node): boolean {
  const fn = functionAround(node);
  const taker = fn && takerOf(file, fn);
  if (taker === undefined || fn?.params?.length !== 0) return false;
  if (taker.name === 'shielded') return propertyOf(taker.call.arguments?.[1], 'timeout') === undefined;
  const scope = taker.name === 'CancelScope.run' ? methodCall(taker.call)?.object : undefined;
  const options = scope && unwrap(scope).arguments?.[0];
  return (
    propertyOf(options, 'shield')?.value === true &&
    propertyOf(options, 'deadline') === undefined &&
    propertyOf(options, 'relativeDeadline') === undefined
  );
}

function isExempt(file: TercetFile, waited: Node, allowed: ReadonlySet<string>, depth = 0): boolean {
  const value = unwrap(waited);
  if (isForeign(file, value)) return true;
  if (value.type !== 'CallExpression') return false;
  const callee = unwrap(value.callee!);
  const name = file.calls(value) ?? callee.name ?? memberName(callee) ?? symbolMethod(file, value);
  if (name !== undefined && allowed.has(name)) return true;
  if (file.calls(value, '@tercet/core') === 'cancelShieldedCheckpoint') return true;
  const taker = takingOf(file, value);
  if (taker?.name === 'shielded') return true;
  if (taker === undefined && depth < deepest && shieldsItself(file, value, allowed, depth)) return true;
  // moveOnAfter(…, { shield: true }), new CancelScope({ shield: true }).run(…)
  return taker !== undefined && /\bshield\s*:\s*true\b/.test(file.text(value).replace(functionText(file, value), ''));
}

/** Whether a function of this file waits for nothing but what is exempt. */
function shieldsItself(file: TercetFile, call: Node, allowed: ReadonlySet<string>, depth: number): boolean {
  const fn = functionCalled(file, call);
  if (fn?.async !== true) return false;
  return [...runningWhenCalled(fn, file.keys)].every((node) => {
    if (node.type === 'AwaitExpression') return isExempt(file, node.argument!, allowed, depth + 1);
    return !waits(node) || (node.type === 'ForOfStatement' && isExempt(file, node.right!, allowed, depth + 1));
  });
}

/** `resource[Symbol.asyncDispose]()` */
function symbolMethod(file: TercetFile, call: Node): string | undefined {
  const callee = unwrap(call.callee!);
  return callee.computed === true && file.text(callee.property!) === 'Symbol.asyncDispose' ? 'asyncDispose' : undefined;
}

function functionText(file: TercetFile, call: Node): string {
  const fn = call.arguments?.find((argument) => isFunction(argument));
  return fn && isWithin(fn, call) ? file.text(fn) : '';
}

function offer(file: TercetFile, node: Node): Offer<Message> | undefined {
  const ours = tercetName(file, node, 'shielded');
  const nested = [...runningIn(node.argument!, file.keys)].some(waits);
  if (ours === undefined || nested || outside(node) === undefined) return undefined;
  const text = file.text(node.argument!);
  const body = text.startsWith('{') ? `(${text})` : text;
  const wrapped = replaced(node, `await ${ours.text}(() => ${body})`);
  return { messageId: 'shield', data: { name: ours.text }, edits: [...ours.edits, wrapped] };
}
