import { defineRule } from '../defining/define-rule.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { functionAround } from '../syntax/functions.ts';
import { memberName, statementsOf, unwrap, type Node } from '../syntax/node.ts';
import { everything, runningIn, waits } from '../syntax/walk.ts';
import { instanceOf, takerOf } from '../tercet/instances.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'endless' | 'idle' | 'polls' | 'spins';

export const noLoopWithoutCheckpoint: RuleModule = defineRule<Message>({
  name: 'no-loop-without-checkpoint',
  description: 'Disallow endless loops in async code that let nothing else run',
  messages: {
    endless:
      'This loop has no end and waits for nothing: no other task, timer or connection runs any more, and it cannot be cancelled. Await an operation in it, at least checkpoint().',
    idle: 'An iteration of this loop can do nothing and wait for nothing. It then repeats for ever, and nothing else runs that could change that. Await an operation on every way through it.',
    polls:
      "'{{state}}' can only change while other code runs, and this loop lets none run. Await an operation in it, at least checkpoint().",
    spins:
      'This loop does nothing but look at the clock, and nothing else runs until it ends. It never ends where the clock is a virtual one. Use sleepUntil(), or sleep().',
  },
  create: (file, report) => {
    const check = (loop: Node): void => {
      if (!isAsync(file, loop)) return;
      const inside = [
        ...(loop.test ? runningIn(loop.test, file.keys) : []),
        ...runningIn(loop.body as Node, file.keys),
      ];
      const isWaiting = inside.some(waits);
      const isLeft = inside.some((node) => leaves(node, loop));
      if (isEndless(loop)) {
        if (!isWaiting && !isLeft) report({ node: loop, messageId: 'endless' });
        else if (isWaiting && isIdle(file, loop.body as Node)) report({ node: loop, messageId: 'idle' });
        return;
      }
      if (isWaiting || isLeft || !loop.test) return;
      const state = stateIn(file, loop.test);
      if (state !== undefined) report({ node: loop, messageId: 'polls', data: { state } });
      else if (isSpinning(file, loop)) report({ node: loop, messageId: 'spins' });
    };
    return { DoWhileStatement: check, ForStatement: check, WhileStatement: check };
  },
});

/** Code of tasks: async functions, functions that Tercet runs, and the top of a module. */
function isAsync(file: TercetFile, loop: Node): boolean {
  const fn = functionAround(loop);
  return fn === undefined ? file.isModule : fn.async === true || takerOf(file, fn) !== undefined;
}

function isEndless({ test, update }: Node): boolean {
  if (update) return false;
  return !test || (unwrap(test).type === 'Literal' && Boolean(unwrap(test).value));
}

function leaves(node: Node, loop: Node): boolean {
  if (node.type === 'ReturnStatement' || node.type === 'ThrowStatement') return true;
  if (node.type === 'CallExpression') return memberName(unwrap(node.callee!)) === 'exit';
  if (node.type !== 'BreakStatement') return false;
  if ((node as { label?: unknown }).label) return true;
  let target = node.parent;
  while (target && !/^(Do|For|Switch|While)/.test(target.type)) target = target.parent;
  return target === loop;
}

/** Whether there is a way through a statement that changes nothing, so that the next time takes it again. */
function isIdle(file: TercetFile, statement: Node): boolean {
  switch (statement.type) {
    case 'EmptyStatement':
      return true;
    case 'BlockStatement':
      return statementsOf(statement).every((one) => isIdle(file, one));
    case 'IfStatement': {
      if ([...everything(statement.test!, file.keys)].some(changes)) return false;
      const { consequent, alternate } = statement;
      return !alternate || isIdle(file, alternate) || isIdle(file, consequent as Node);
    }
    default:
      return false;
  }
}

function changes(node: Node): boolean {
  return waits(node) || /^(Assignment|Call|New|Update|TaggedTemplate|Import)Expression$/.test(node.type);
}

/** Something of Tercet that only other code can change: `event.isSet`, `scope.cancelCalled`, `isShuttingDown()`. */
function stateIn(file: TercetFile, test: Node): string | undefined {
  for (const node of everything(test, file.keys)) {
    if (node.type === 'CallExpression' && states.has(file.calls(node, '@tercet/core') ?? '')) return file.text(node);
    const name = node.type === 'MemberExpression' ? memberName(node) : undefined;
    if (name !== undefined && stateFields.has(name) && instanceOf(file, node.object!) !== undefined)
      return file.text(node);
  }
  return undefined;
}

const states = new Set(['currentEffectiveDeadline', 'isShuttingDown']);
const stateFields = new Set(['cancelCalled', 'cancelledCaught', 'isSet', 'shutdownCalled', 'state']);

/** `while (currentTime() < end) {}`. With a body such a loop does a limited amount of work: the clock goes on by itself. */
function isSpinning(file: TercetFile, { test, body, update }: Node): boolean {
  if (update || !statementsOf(body).every(({ type }) => type === 'EmptyStatement')) return false;
  const acts = [...runningIn(test!, file.keys)].filter(changes);
  return acts.length > 0 && acts.every((node) => file.calls(node, '@tercet/core') === 'currentTime');
}
