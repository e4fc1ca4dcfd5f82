/**
 * A random program as data: what a piece of code does, step by step. Scopes, lots and tasks are named by numbers, which
 * lead to whichever of them exist when the step comes.
 */
export type Step =
  | { readonly do: 'sleep'; readonly for: number }
  | { readonly do: 'checkpoint' | 'look' | 'fail' }
  | { readonly do: 'park' | 'unpark'; readonly lot: number }
  | { readonly do: 'cancel' | 'toggle shield'; readonly scope: number }
  | { readonly do: 'move deadline'; readonly scope: number; readonly by: number }
  | { readonly do: 'cancel task'; readonly task: number }
  | { readonly do: 'scope'; readonly shield: boolean; readonly deadline: number | undefined; readonly body: Plan }
  | { readonly do: 'nursery'; readonly tasks: readonly Plan[]; readonly body: Plan }
  | { readonly do: 'spawn'; readonly nursery: number; readonly body: Plan }
  | { readonly do: 'start'; readonly nursery: number; readonly setUp: Plan; readonly body: Plan }
  | { readonly do: 'both'; readonly left: Plan; readonly right: Plan }
  | { readonly do: 'catch' | 'swallow'; readonly body: Plan }
  | { readonly do: 'clean up'; readonly body: Plan; readonly for: number };

export type Plan = readonly Step[];

export const LOTS = 3;

/** Makes the plan that belongs to a seed. */
export function makePlan(seed: number): Plan {
  const random = mulberry32(seed);
  const upTo = (limit: number): number => Math.floor(random() * limit);
  let budget = 10 + upTo(50);

  const leaf = (): Step => {
    const dice = upTo(20);
    if (dice < 6) return { do: 'sleep', for: upTo(20) };
    if (dice < 8) return { do: 'checkpoint' };
    if (dice < 11) return { do: 'look' };
    if (dice < 12) return { do: 'fail' };
    if (dice < 13) return { do: 'park', lot: upTo(LOTS) };
    if (dice < 15) return { do: 'unpark', lot: upTo(LOTS) };
    if (dice < 16) return { do: 'cancel', scope: upTo(8) };
    if (dice < 18) return { do: 'toggle shield', scope: upTo(8) };
    if (dice < 19) return { do: 'move deadline', scope: upTo(8), by: upTo(30) - 5 };
    return { do: 'cancel task', task: upTo(8) };
  };

  const branch = (depth: number): Step => {
    const body = (): Plan => plan(depth + 1);
    const dice = upTo(20);
    if (dice < 6) {
      const deadline = random() < 0.4 ? upTo(40) : undefined;
      return { do: 'scope', shield: random() < 0.3, deadline, body: body() };
    }
    if (dice < 12) return { do: 'nursery', tasks: Array.from({ length: upTo(4) }, body), body: body() };
    if (dice < 14) return { do: 'spawn', nursery: upTo(4), body: body() };
    if (dice < 15) return { do: 'start', nursery: upTo(4), setUp: body(), body: body() };
    if (dice < 16) return { do: 'both', left: body(), right: body() };
    if (dice < 17) return { do: 'catch', body: body() };
    if (dice < 18) return { do: 'swallow', body: body() };
    return { do: 'clean up', body: body(), for: upTo(10) };
  };

  const plan = (depth: number): Plan => {
    const steps: Step[] = [];
    for (let left = (depth === 0 ? 3 : 1) + upTo(4); left > 0 && budget > 0; left--) {
      budget--;
      steps.push(depth < 7 && random() < 0.5 ? branch(depth) : leaf());
    }
    return steps;
  };
  return plan(0);
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
