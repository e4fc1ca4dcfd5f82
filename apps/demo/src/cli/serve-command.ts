import { rethrowIfCancelled, CancelScope, openNursery, shielded, type Nursery, type TaskStatus } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { Path } from '@tercet/fs';
import { formatAddress, openTcpListeners, openUnixListener, serveListeners, type SocketListener } from '@tercet/net';
import { openSignalReceiver } from '@tercet/proc';
import { Event } from '@tercet/sync';
import { parseConfig, type DaemonConfig, type ListenConfig } from '../daemon/config.ts';
import { Daemon } from '../daemon/daemon.ts';
import { guardConnection, serveConnection } from '../daemon/serve-connection.ts';
import { currentConnection } from '../logs/context.ts';
import { openDaemonLog, type DaemonLog } from '../logs/daemon-log.ts';
import { UsageError } from '../usage-error.ts';

/** `jobd serve CONFIG`: until a signal ends it. */
export async function serve(path: string): Promise<number> {
  const config = await loadConfig(path);
  const log = openDaemonLog(process.stdout, config.logLevel);
  await openNursery(async (nursery) => {
    // Jobs and connections live in a shelter that SIGTERM does not reach, so that they can end in good order.
    const { daemon, connections, stopped } = await nursery.start<Shelter>((taskStatus) =>
      runShelter(config, log, taskStatus),
    );
    try {
      const listeners = await openListeners(config.listen);
      for (const { localAddress } of listeners) log.info({ address: formatAddress(localAddress) }, 'listening');
      nursery.startSoon(reloadOnHangup, path, daemon);
      await acceptClients(listeners, daemon, connections);
    } finally {
      log.info('stopping');
      await shielded(() => daemon.stop());
      stopped.set();
    }
  });
  return 0;
}

interface Shelter {
  readonly daemon: Daemon;
  readonly connections: Nursery;
  /** Set when all jobs have ended: ends the connections, and the shelter. */
  readonly stopped: Event;
}

async function runShelter(config: DaemonConfig, log: DaemonLog, taskStatus: TaskStatus<Shelter>): Promise<void> {
  const folder = new Path(config.logs);
  await folder.mkdir({ parents: true, existOk: true });
  const first = (await latestRun(folder)) + 1;
  await new CancelScope({ shield: true }).run(() =>
    openNursery((runs) =>
      openNursery(async (connections) => {
        const stopped = new Event();
        taskStatus.started({ daemon: new Daemon(runs, config, log, folder, first), connections, stopped });
        await stopped.wait();
        connections.cancelScope.cancel('jobd has stopped');
      }),
    ),
  );
}

/** The number of the latest run whose logs are there, so that no run writes into those of another one. */
async function latestRun(logs: Path): Promise<number> {
  let latest = 0;
  for await (const { name } of logs.iterdir()) if (/^\d+$/.test(name)) latest = Math.max(latest, Number(name));
  return latest;
}

async function openListeners({ unix, tcp }: ListenConfig): Promise<SocketListener[]> {
  return [
    ...(unix === undefined ? [] : [await openUnixListener(unix, { mode: 0o600 })]),
    ...(tcp === undefined ? [] : await openTcpListeners(tcp.port, { host: tcp.host })),
  ];
}

async function acceptClients(
  listeners: readonly SocketListener[],
  daemon: Daemon,
  connections: Nursery,
): Promise<never> {
  let count = 0;
  return serveListeners(
    async (stream) => {
      using _ = currentConnection.set(++count);
      daemon.log.debug('a client has come');
      await guardConnection(daemon, () => serveConnection(stream, daemon));
    },
    listeners,
    { handlerNursery: connections, maxConnections: daemon.config.limits.connections },
  );
}

/** A bad configuration is refused, and the old one stays. Where to listen stays in any case. */
async function reloadOnHangup(path: string, daemon: Daemon): Promise<void> {
  using hangups = openSignalReceiver('SIGHUP');
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
  let text: string;
  try {
    text = await new Path(path).readText();
  } catch (error) {
    rethrowIfCancelled(error);
    throw new UsageError(`the configuration cannot be read: ${describeError(error)}`, { cause: error });
  }
  return parseConfig(text, path);
}
