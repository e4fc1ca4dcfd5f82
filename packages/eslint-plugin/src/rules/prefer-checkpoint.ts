import { defineRule, type Edit } from '../defining/define-rule.ts';
import { replaced, tercetName } from '../fixing/tercet-name.ts';
import type { RuleModule } from '../plugin-shape.ts';
import { keyName, unwrap, type Node } from '../syntax/node.ts';
import { numberOf } from '../tercet/numbers.ts';
import type { TercetFile } from '../tercet/tercet-file.ts';

type Message = 'zero' | 'forever' | 'long';

export const preferCheckpoint: RuleModule = defineRule<Message>({
  name: 'prefer-checkpoint',
  type: 'suggestion',
  description: 'Prefer checkpoint() to sleep(0), and sleepForever() to sleep(Infinity)',
  messages: {
    zero: 'This does not sleep: it lets others run. Say so with checkpoint().',
    forever: 'This never ends but by being cancelled. Say so with sleepForever().',
    long: 'This sleeps for {{hours}} hours. If it is to sleep until it is cancelled, say so with sleepForever().',
  },
  fixable: true,
  create: (file, report) => ({
    CallExpression(call) {
      const [duration, ...others] = call.arguments ?? [];
      if (file.calls(call, '@tercet/core') !== 'sleep' || duration === undefined || others.length > 0) return;
      const value = milliseconds(file, duration);
      if (value === 0) report({ node: call, messageId: 'zero', fix: rewritten(file, call, 'checkpoint') });
      if (value === Infinity) report({ node: call, messageId: 'forever', fix: rewritten(file, call, 'sleepForever') });
      else if (value !== undefined && value > DAY) {
        report({ node: call, messageId: 'long', data: { hours: String(Math.round(value / HOUR)) } });
      }
    },
  }),
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const units: Readonly<Record<string, number>> = { milliseconds: 1, seconds: 1000, minutes: 60_000, hours: HOUR };

/** A number, or an object all of whose fields are numbers. */
function milliseconds(file: TercetFile, duration: Node): number | undefined {
  const { type, properties = [] } = unwrap(duration);
  if (type !== 'ObjectExpression') return numberOf(file, duration);
  const fields = properties.map(({ key, computed, value }) => {
    const amount = value ? numberOf(file, value as Node) : undefined;
    const unit = key && units[keyName(key, computed === true) ?? ''];
    return amount === undefined || unit === undefined ? undefined : amount * unit;
  });
  if (fields.length === 0 || fields.includes(undefined)) return undefined;
  return fields.reduce<number>((sum, field) => sum + (field ?? 0), 0);
}

function rewritten(file: TercetFile, call: Node, name: string): Edit[] | undefined {
  const ours = tercetName(file, call, name);
  return ours && [...ours.edits, replaced(call, `${ours.text}()`)];
}
