import { defineRule } from '../defining/define-rule.ts';
import { replaced } from '../fixing/tercet-name.ts';
import type { RuleModule } from '../plugin-shape.ts';
import type { Node } from '../syntax/node.ts';
import { numberOf, propertyOf } from '../tercet/numbers.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'unbounded' | 'tooLarge' | 'rendezvous';
interface Options {
  /** The largest buffer that is not reported, in items. */
  readonly max: number;
}

export const noUnboundedChannel: RuleModule = defineRule<Message, Options>({
  name: 'no-unbounded-channel',
  description: 'Disallow channels whose buffer has no limit',
  messages: {
    unbounded:
      'This buffer has no limit: a sender that is faster than its receiver fills the memory instead of waiting. Say how many items may wait, or 0 to hand over each one.',
    tooLarge: 'This buffer holds up to {{size}} items, more than the {{max}} that are allowed here.',
    rendezvous: 'Let each send wait for its receiver: 0.',
  },
  offers: true,
  options: { max: { type: 'number', minimum: 0 } },
  create: (file, report, { max = Infinity }) => ({
    CallExpression(call) {
      const size = bufferSize(file, call);
      const value = size && numberOf(file, size);
      if (size === undefined || value === undefined) return;
      const isUnbounded = value >= Number.MAX_SAFE_INTEGER;
      if (!isUnbounded && value <= max) return;
      // Broadcasts and events need a buffer.
      const mayBeNone = file.calls(call, '@tercet/sync') === 'openMemoryChannel';
      const offers = mayBeNone ? [{ messageId: 'rendezvous' as const, edits: [replaced(size, '0')] }] : [];
      const data = { size: String(value), max: String(max) };
      report({ node: size, messageId: isUnbounded ? 'unbounded' : 'tooLarge', data, offers });
    },
  }),
});

/** The expression that says how many items a channel may hold. */
function bufferSize(file: TercetFile, call: Node): Node | undefined {
  const given = call.arguments ?? [];
  switch (file.calls(call, '@tercet/sync') ?? '') {
    case 'openMemoryChannel':
      return given[0];
    case 'openBroadcastChannel':
      return propertyOf(given[0], 'buffer');
    case 'receiveEvents':
      return propertyOf(given[2], 'buffer');
    default:
      return file.calls(call, '@tercet/pipeline') === 'buffer' ? given[0] : undefined;
  }
}
