import { openNursery, rethrowIfCancelled, type Nursery } from '@tercet/core';
import { describeError } from '@tercet/core/lowlevel';
import { Path } from '@tercet/fs';
import { formatAddress, openTcpListeners, openUnixListener, serveListeners, type SocketListener } from '@tercet/net';
import { openSignalReceiver } from '@tercet/proc';
import type { Event } from '@tercet/sync';
import { parseConfig, type DaemonConfig, type ListenConfig } from '../daemon/config.ts';
import { Daemon } from '../daemon/daemon.ts';
import { guardConnection, serveConnection } from '../daemon/serve-connection.ts';
import { currentConnection } from '../logs/context.ts';
import { openDaemonLog } from '../logs/daemon-log.ts';
import { UsageError } from '../usage-error.ts';

/** `jobd serve CONFIG`: until it is asked to stop. */
export async function serve(path: string, stopRequest: Event): Promise<number> {
  const config = await loadConfig(path);
  const log = openDaemonLog(process.stdout, config.logLevel);
  const folder = new Path(config.logs);
  await folder.mkdir({ parents: true, existOk: true });
  const first = (await latestRun(folder)) + 1;
  // From the outside in, what has to live longest: jobs, clients that look at them, and what lets clients in.
  await openNursery(async (runs) => {
    const daemon = new Daemon(runs, config, log, folder, first);
    await openNursery(async (connections) => {
      await openNursery(async (front) => {
        const listeners = await openListeners(config.listen);
        front.startSoon(acceptClients, listeners, daemon, connections);
        front.startSoon(reloadOnHangup, path, daemon);
        for (const { localAddress } of listeners) log.info({ address: formatAddress(localAddress) }, 'listening');
        await stopRequest.wait();
        log.info('stopping');
        front.cancelScope.cancel('jobd is stopping');
      });
      await daemon.stop();
      connections.cancelScope.cancel('jobd has stopped');
    });
  });
  return 0;
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
