import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { abortable, isCancelled, mapConcurrent, moveOnAfter, once, openNursery, openPortal, sleep } from '@tercet/core';
import { runOutside } from '@tercet/core/lowlevel';
import { openMemoryChannel, Pool } from '@tercet/sync';
import pg from 'pg';
import { startPostgres } from './postgres-server.ts';
import type { PostgresServer } from './postgres-server.ts';
import { realRun } from './real-run.ts';

/** Ten times as many in `npm run test:libraries`. */
const QUERIES = process.env['TERCET_LONG'] === undefined ? 200 : 2000;

let server: PostgresServer | undefined;
beforeAll(async () => {
  server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

const settings = (): pg.ClientConfig => ({ host: server!.host, user: server!.user, database: 'postgres' });

/** Connects outside of the task that needs it first: the connection's callbacks belong to none, since it outlives them all. */
async function connect(): Promise<pg.Client> {
  const client = runOutside(() => new pg.Client(settings()));
  await abortable(() => runOutside(() => client.connect()));
  return client;
}

/** A query that is cancelled in the database when its scope is, so that the connection can be used again. */
function query(client: pg.Client, text: string, values: unknown[] = []): Promise<pg.QueryResult> {
  return abortable(async (signal) => {
    let cancelling: Promise<unknown> | undefined;
    signal.addEventListener('abort', () => {
      cancelling = cancelInDatabase(client);
    });
    try {
      return await client.query(text, values);
    } catch (error) {
      throw signal.aborted && (error as { code?: string }).code === '57014' ? signal.reason : error;
    } finally {
      await cancelling;
    }
  });
}

/** Asks the server on a second connection, as psql does it for Ctrl-C. */
async function cancelInDatabase(client: pg.Client): Promise<void> {
  const other = new pg.Client(settings());
  await other.connect();
  try {
    await other.query('select pg_cancel_backend($1)', [(client as unknown as { processID: number }).processID]);
  } finally {
    await other.end();
  }
}

const openPool = (): Pool<pg.Client> =>
  new Pool<pg.Client>({ open: connect, close: (client) => client.end(), max: 10, idle: { seconds: 10 } });

describe('pg, with a real PostgreSQL', () => {
  it(
    `${QUERIES} queries, ten at a time`,
    realRun(async () => {
      await using pool = openPool();
      let most = 0;
      const results = await mapConcurrent(
        Array.from({ length: QUERIES }, (_, index) => index),
        (index) =>
          pool.use(async (client) => {
            most = Math.max(most, pool.statistics().inUse);
            const { rows } = await query(client, 'select $1::int * 2 as twice, pg_sleep(0.001)', [index]);
            return (rows[0] as { twice: number }).twice;
          }),
        { concurrency: 30 },
      );
      expect(results).toEqual(Array.from({ length: QUERIES }, (_, index) => index * 2));
      expect(most).toBe(10);
    }),
  );

  it(
    'a query that is late is cancelled in the database, and its connection serves the next one',
    realRun(async () => {
      await using pool = openPool();
      const began = Date.now();
      let cancelled = 0;
      await openNursery((nursery) => {
        for (let index = 0; index < 10; index++) {
          nursery.startSoon(() =>
            pool.use(async (client) => {
              await moveOnAfter(50, async () => {
                try {
                  await query(client, 'select pg_sleep(600)');
                } catch (error) {
                  if (isCancelled(error)) cancelled++;
                  throw error;
                }
              });
              expect((await query(client, 'select 1 as one')).rows).toEqual([{ one: 1 }]);
            }),
          );
        }
      });
      expect(cancelled).toBe(10);
      expect(Date.now() - began).toBeLessThan(300_000);
      const busy = await pool.use((client) =>
        query(
          client,
          "select count(*)::int as n from pg_stat_activity where state = 'active' and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()",
        ),
      );
      expect(busy.rows).toEqual([{ n: 0 }]);
    }),
  );

  it(
    'PO-1: a notification arrives on a connection that an ended task has opened',
    realRun(() =>
      openPortal(async (portal) => {
        let listener: pg.Client | undefined;
        const [sender, receiver] = openMemoryChannel<string>(10);
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            listener = await connect();
            listener.on('notification', ({ payload }) => void portal.call(() => sender.send(payload ?? '')));
            await query(listener, 'listen news');
          });
        });
        const other = await connect();
        await query(other, "select pg_notify('news', 'hello')");
        expect(await receiver.receive()).toBe('hello');
        await abortable(() => other.end());
        await abortable(() => listener!.end());
      }),
    ),
  );

  it(
    'EV-1: once waits for a notification, and takes its listener off when it is cancelled',
    realRun(async () => {
      const client = await connect();
      await query(client, 'listen news');
      expect(await moveOnAfter(20, () => once(client, 'notification'))).toBeUndefined();
      expect(client.listenerCount('notification')).toBe(0);
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => {
          await sleep(10);
          await query(client, "select pg_notify('news', 'again')");
        });
        const [{ payload }] = (await once(client, 'notification')) as [pg.Notification];
        expect(payload).toBe('again');
      });
      await abortable(() => client.end());
    }),
  );
});
