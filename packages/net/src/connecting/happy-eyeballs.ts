import { ExceptionGroup, moveOnAfter, openNursery } from '@tercet/core';
import { Event } from '@tercet/sync';
import { isSystemError } from '../addresses/connection-failed-error.ts';
import type { ResolvedAddress } from '../addresses/hostname-resolver.ts';

/** How attempts to connect are made. */
export interface Race<T> {
  /** How long an attempt may take before the next one begins as well: milliseconds. */
  readonly delay: number;
  /** Connects to one address. When it is cancelled, it leaves nothing behind. */
  connect(address: ResolvedAddress): Promise<T>;
  /** Closes a connection that was made after another one had won. */
  discard(connection: T): void;
}

/**
 * Connects to the address of a host that answers first, as RFC 8305 says ("happy eyeballs"). An attempt begins when the one
 * before has failed, or after `delay` at the latest. Earlier attempts go on meanwhile.
 *
 * Node's own `autoSelectFamily` gives up an attempt when the next one begins, so it cannot reach a host that answers
 * slowly.
 *
 * @returns the first connection, or the errors of all attempts when there is none.
 * @throws any error that is not one of the operating system: that is a mistake, and another address would not help.
 */
export async function happyEyeballs<T>(
  addresses: readonly ResolvedAddress[],
  race: Race<T>,
): Promise<{ winner: T } | { errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  let won: { winner: T } | undefined = undefined as { winner: T } | undefined;
  try {
    await openNursery(async (nursery) => {
      for (const address of addresses) {
        const failed = new Event();
        nursery.startSoon(async () => {
          try {
            const connection = await race.connect(address);
            if (won === undefined) won = { winner: connection };
            else race.discard(connection);
            nursery.cancelScope.cancel('one of the attempts to connect has succeeded');
          } catch (error) {
            if (!isSystemError(error)) throw error;
            errors.push(error);
            failed.set();
          }
        });
        await moveOnAfter(race.delay, () => failed.wait());
      }
    });
  } catch (error) {
    if (won !== undefined) race.discard(won.winner);
    throw onlyErrorOf(error);
  }
  return won ?? { errors };
}

// Unwrap a lone error: callers need not know that a nursery is used here.
function onlyErrorOf(error: unknown): unknown {
  return error instanceof ExceptionGroup && error.errors.length === 1 ? (error.errors[0] as unknown) : error;
}

/**
 * Lets the second attempt go to another family than the first: when the first two addresses are of one family, the first
 * one of another family comes second, and the rest keep their order.
 */
export function alternateFamily(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const [first, second] = addresses;
  if (first === undefined || second === undefined || first.family !== second.family) return [...addresses];
  const other = addresses.findIndex(({ family }) => family !== first.family);
  if (other < 0) return [...addresses];
  return [first, addresses[other]!, ...addresses.slice(1, other), ...addresses.slice(other + 1)];
}
