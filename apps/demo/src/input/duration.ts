import * as v from 'valibot';

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds as a number, or a number with its unit: `250`, `"250ms"`, `"1.5s"`, `"10m"`, `"2h"`. */
export function duration({ positive = false }: { readonly positive?: boolean } = {}): v.GenericSchema<unknown, number> {
  return v.pipe(
    v.custom<string | number>(
      (input) => toDuration(input) !== undefined,
      'a duration such as 500 (milliseconds), "30s" or "5m"',
    ),
    v.transform((input) => toDuration(input) ?? 0),
    v.check((milliseconds) => milliseconds > 0 || !positive, 'a duration of more than nothing'),
  );
}

function toDuration(input: unknown): number | undefined {
  if (typeof input === 'number') return Number.isFinite(input) && input >= 0 ? input : undefined;
  if (typeof input !== 'string') return undefined;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h)$/.exec(input) ?? [];
  const factor = milliseconds[unit];
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
}
