import { defineRule, type Edit, type Offer } from '../defining/define-rule.ts';
import { replaced, tercetName } from '../fixing/tercet-name.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { isIdentifier, memberName, methodCall, unwrap, type Node } from '../syntax/node.ts';
import { everything } from '../syntax/walk.ts';
import { numberOf, propertyOf } from '../tercet/numbers.ts';
import { instanceOf } from '../tercet/instances.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'constant' | 'wrongClock' | 'relative' | 'ourClock';

const relatives: Readonly<Record<string, string>> = {
  failAt: 'failAfter',
  moveOnAt: 'moveOnAfter',
  sleepUntil: 'sleep',
};

export const noConstantDeadline: RuleModule = defineRule<Message>({
  name: 'no-constant-deadline',
  description: "Disallow deadlines that are constants, or that come from another clock than the run's",
  messages: {
    constant:
      "A deadline is an instant on the run's clock, and {{value}} is not a particular one. Use '{{relative}}' for a duration, or currentTime() + {{value}}.",
    wrongClock: "The run's clock is not this one: they start at different instants. Use currentTime().",
    relative: "Use '{{relative}}'.",
    ourClock: 'Use {{name}}().',
  },
  offers: true,
  create: (file, report) => {
    const check = (deadline: Node | undefined, relative: string, edits: readonly Edit[] | undefined): void => {
      if (deadline === undefined) return;
      const clock = otherClock(file, deadline);
      if (clock !== undefined) {
        return report({ node: clock, messageId: 'wrongClock', offers: [offerOurClock(file, clock)] });
      }
      const value = numberOf(file, deadline);
      if (value === undefined || Number.isNaN(value) || Math.abs(value) === Infinity) return;
      const offer = edits && { messageId: 'relative' as const, data: { relative }, edits };
      report({
        node: deadline,
        messageId: 'constant',
        data: { value: file.text(deadline), relative },
        offers: [offer],
      });
    };
    return {
      CallExpression(call) {
        const name = file.calls(call, '@tercet/core') ?? '';
        const relative = Object.hasOwn(relatives, name) ? relatives[name] : undefined;
        if (relative === undefined) return;
        const ours = tercetName(file, call, relative);
        check(call.arguments?.[0], relative, ours && [...ours.edits, replaced(call.callee!, ours.text)]);
      },
      NewExpression(node) {
        if (file.export(node.callee!)?.name !== 'CancelScope') return;
        check(propertyOf(node.arguments?.[0], 'deadline'), 'relativeDeadline', undefined);
      },
      AssignmentExpression({ left, right, operator }) {
        if (operator !== '=' || memberName(unwrap(left!)) !== 'deadline') return;
        if (instanceOf(file, unwrap(left!).object!) !== 'CancelScope') return;
        check(right, 'relativeDeadline', undefined);
      },
    };
  },
});

/**
 * The reading of another clock that a deadline is counted from. The difference of two readings of one clock is a duration, and
 * may be added to an instant of any other: `currentTime() + (expiresAt - Date.now())`.
 */
function otherClock(file: TercetFile, deadline: Node): Node | undefined {
  const nodes = [...everything(deadline, file.keys)];
  if (nodes.some((node) => file.calls(node, '@tercet/core') === 'currentTime')) return undefined;
  return nodes.find((node) => readsOtherClock(file, node) && !isSubtracted(node, deadline));
}

/** `Date.now()`, `performance.now()` */
function readsOtherClock(file: TercetFile, node: Node): boolean {
  const method = methodCall(node);
  const object = method && unwrap(method.object);
  if (!isIdentifier(object) || method?.name !== 'now') return false;
  return file.isGlobal(object, 'Date') || object.name === 'performance';
}

/** Whether a part of an expression stands on the right of a `-` there. */
function isSubtracted(part: Node, expression: Node): boolean {
  for (let inner = part, outer = part.parent; inner !== expression && outer; inner = outer, outer = outer.parent) {
    if (outer.type === 'BinaryExpression' && outer.operator === '-' && outer.right === inner) return true;
  }
  return false;
}

function offerOurClock(file: TercetFile, clock: Node): Offer<Message> | undefined {
  const ours = tercetName(file, clock, 'currentTime');
  if (ours === undefined) return undefined;
  return {
    messageId: 'ourClock',
    data: { name: ours.text },
    edits: [...ours.edits, replaced(clock, `${ours.text}()`)],
  };
}
