import { describe, it } from '@jest/globals';
import * as parser from '@typescript-eslint/parser';
import { RuleTester } from 'eslint';
import { rules } from '../src/rules.ts';

/** The code, the id of its message, and what its suggestion, or fix, makes of it; `null` where none is offered. */
export type Invalid = readonly [code: string, messageId: string, becomes?: string | null, more?: object];

RuleTester.describe = describe as never;
RuleTester.it = it as never;
RuleTester.itOnly = it as never;

const names = {
  '@tercet/core':
    'CancelScope, TASK_STATUS_IGNORED, abandonable, abortable, all, any, checkpoint, currentTime, failAfter, failAt, isCancelled, isShuttingDown, mapConcurrent, moveOnAfter, moveOnAt, openNursery, openPortal, race, rethrowIfCancelled, run, shielded, sleep, sleepForever, sleepUntil, untilShutdown, Cancelled, TooSlowError, type Nursery, type TaskStatus',
  '@tercet/context': 'ContextVar, copyContext',
  '@tercet/sync': 'Event, Lock, openBroadcastChannel, openMemoryChannel, receiveEvents, select',
  '@tercet/net': 'openTcpStream, serveTcp',
  '@tercet/pipeline': 'map, openPipeline, pipeline, weld, type Flow',
};

/** Imports of nearly everything, in one line, so that a case can be as short as its point. */
export const prelude: string = Object.entries(names)
  .map(([from, imported]) => `import { ${imported} } from '${from}';`)
  .join(' ');

/** Tests a rule with ESLint's RuleTester: each case below the prelude, unless it imports something itself. */
export function checkRule(
  name: string,
  { valid, invalid, fixes = false }: { valid: readonly string[]; invalid: readonly Invalid[]; fixes?: boolean },
): void {
  const tester = new RuleTester({ languageOptions: { parser: parser as never, sourceType: 'module' } });
  const rule = rules[name];
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  tester.run(name, rule as never, {
    valid: valid.map((code) => ({ name: code, code: whole(code) })),
    invalid: invalid.map(([code, messageId, becomes = null, more = {}]) => ({
      name: code,
      code: whole(code),
      errors: [{ messageId, ...(!fixes && becomes !== null && { suggestions: [suggestion(becomes)] }) }] as never,
      ...(fixes && { output: becomes === null ? null : whole(becomes) }),
      ...more,
    })),
  });
  function suggestion(becomes: string): object {
    const [id, output] = /^(\w+): ([^]*)$/.exec(becomes)!.slice(1) as [string, string];
    return { messageId: id, output: whole(output) };
  }
}

function whole(code: string): string {
  return /^import |@tercet|no import/.test(code) ? code : `${prelude}\n${code}`;
}
