import { openNursery, rethrowIfCancelled, shielded, untilShutdown, type Nursery } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { Path } from '@tercet/fs';
import { serveListeners } from '@tercet/net';
import { openSignalReceiver, type SignalReceiver } from '@tercet/proc';
import type { Stream } from '@tercet/streams';
import { parseConfig, type DaemonConfig } from '../daemon/config.ts';
import { Admission } from '../daemon/admission.ts';
import { Daemon } from '../daemon/daemon.ts';
import type { Runs } from '../daemon/runs.ts';
import { closeEntrances, openEntrances, type ClientListener, type Entrance } from '../daemon/open-listeners.ts';
import { guardConnection, noteLostHandshake, serveClient } from '../daemon/serve-connection.ts';
import { readTextFile } from '../input/read-text-file.ts';
import { currentConnection } from '../logs/context.ts';
import { openDaemonLog } from '../logs/daemon-log.ts';
import { privateFolder } from '../logs/log-file.ts';
import { removeOrphanedTokens } from '../protocol/token-file.ts';
import { JobFileReader } from '../reading/job-file-reader.ts';
import { removeOrphanedScratch } from '../runner/scratch-folder.ts';
import type { ServeOptions } from './program.ts';

/** `jobd serve CONFIG`: until it is shut down. */
export async function serve(path: string, { engine }: ServeOptions = {}): Promise<number> {
  const config = await loadConfig(path);
  const log = openDaemonLog(process.stdout, config.logLevel);
  // Before other programs can see that it runs: without a receiver, SIGHUP would end it.
  using hangups = openSignalReceiver('SIGHUP');
  const folder = new Path(config.logs);
  await folder.mkdir({ parents: true, existOk: true, mode: privateFolder });
  const first = (await latestRun(folder)) + 1;
  let count = 0;
  const nextConnection = (): number => ++count;
  const entrances = await openEntrances(config.listen);
  try {
    const warn = (path: string, reason: string): void =>
      log.warn({ path, reason }, 'cannot remove what an earlier daemon left behind');
    await removeOrphanedScratch(warn);
    await removeOrphanedTokens(warn);
    await using reader = new JobFileReader();
    await reader.start();
    // The outermost nursery lives longest: first the jobs, then the clients that look at them, then the tasks that let
    // clients in.
    await openNursery(async (runs) => {
      const daemon = new Daemon(config, { nursery: runs, log, reader, folder, first });
      await sharing(engine, daemon, runs, (shared) =>
        openNursery(async (connections) => {
          await untilShutdown(() =>
            openNursery((front) => {
              for (const entrance of entrances)
                front.startSoon(acceptClients, entrance, shared, connections, nextConnection);
              front.startSoon(reloadOnHangup, hangups, path, daemon);
              for (const { address } of entrances) log.info({ address }, 'listening');
            }),
          );
          log.info('stopping');
          await shared.stop();
          connections.cancelScope.cancel('jobd has stopped');
        }),
      );
    });
  } finally {
    await shielded(() => closeEntrances(entrances));
  }
  return 0;
}

/** Lets the daemon share its runs with others, if there is an engine for that. */
async function sharing(
  url: string | undefined,
  daemon: Daemon,
  runs: Nursery,
  body: (daemon: Runs) => Promise<void>,
): Promise<void> {
  if (url === undefined) return body(daemon);
  // A daemon without an engine does not wait for the libraries of one.
  const { shareRuns } = await import('../daemon/share-runs.ts');
  await shareRuns(url, daemon, runs, body);
}

/** The highest number of a run that has left logs. New runs get higher ones, so they do not write into those logs. */
async function latestRun(logs: Path): Promise<number> {
  let latest = 0;
  for await (const { name } of logs.iterdir()) if (/^\d+$/.test(name)) latest = Math.max(latest, Number(name));
  return latest;
}

/** Each listener has its own limits, so a crowd at one of them does not block the others. */
async function acceptClients(
  { listener, token }: Entrance,
  daemon: Runs,
  connections: Nursery,
  nextConnection: () => number,
): Promise<void> {
  const { limits } = daemon.config;
  const admission = new Admission(() => daemon.config.limits, token);
  await serveListeners<Stream, ClientListener>(
    async (stream) => {
      using _ = currentConnection.set(nextConnection());
      daemon.log.debug('a client has connected');
      await guardConnection(daemon, () => serveClient(stream, daemon, admission));
    },
    [listener],
    {
      handlerNursery: connections,
      maxConnections: Admission.most(limits),
      maxHandshakes: limits.handshakes,
      handshakeTimeout: limits.write,
      onHandlerError: (error) => noteLostHandshake(error, daemon),
    },
  );
}

/** A bad configuration is refused, and the old one stays. A change of `listen` has no effect. */
async function reloadOnHangup(hangups: SignalReceiver, path: string, daemon: Daemon): Promise<void> {
  for await (const _ of hangups) {
    try {
      daemon.config = { ...(await loadConfig(path)), listen: daemon.config.listen };
      daemon.log.info('the configuration was read again');
    } catch (error) {
      rethrowIfCancelled(error);
      daemon.log.error({ reason: describeError(error) }, 'the new configuration is refused, the old one stays');
    }
  }
}

async function loadConfig(path: string): Promise<DaemonConfig> {
  return parseConfig(await readTextFile(path, 'the configuration'), path);
}
