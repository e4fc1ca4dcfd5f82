import { all, moveOnAfter, sleep } from '@tercet/core';
import { log } from './log.js';

export interface Price {
  readonly shop: string;
  /** Missing if the shop has not answered in time. */
  readonly price: number | undefined;
}

/** Asks all shops at once. The slow ones are left after half a second, and stopped. */
export async function findPrices(): Promise<Price[]> {
  const shops = [
    { shop: 'corner', delay: 50 },
    { shop: 'market', delay: 200 },
    { shop: 'mall', delay: 60_000 },
  ];
  return await all(
    shops.map(({ shop, delay }) => async () => ({ shop, price: await moveOnAfter(500, () => ask(shop, delay)) })),
  );
}

/** Stands for a request to another service, or a query. */
async function ask(shop: string, delay: number): Promise<number> {
  await sleep(delay);
  log.debug({ shop }, 'has answered');
  return shop.length;
}
