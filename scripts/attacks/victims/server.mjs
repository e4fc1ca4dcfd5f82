// A server as the README of net shows it: sends back what it receives. It counts what it has served.
import { abandonable, openNursery, run } from '@tercet/core';
import * as net from '@tercet/net';
import { StapledStream } from '@tercet/streams';
import { descriptors, heapInUse, resident } from '../../process-figures.mjs';
import { obey } from './obey.mjs';

const counts = { served: 0, open: 0, reported: 0, accepting: 0 };
let listener;

process.on('warning', ({ name }) => {
  if (name === 'TercetHandlerWarning') counts.reported++;
  if (name === 'TercetAcceptWarning') counts.accepting++;
});

/** The example of the documentation: it catches nothing. */
async function echo(stream) {
  counts.served++;
  counts.open++;
  try {
    for await (const bytes of stream) await stream.sendAll(bytes);
  } finally {
    counts.open--;
  }
}

/** Sends its client what it knows about that client's certificate. */
async function greet(stream) {
  counts.served++;
  const { peerCertificate, authorizationError, isSessionReused } = stream;
  const client = {
    peer: peerCertificate?.subject ?? null,
    error: authorizationError?.code ?? null,
    resumed: isSessionReused,
  };
  await stream.sendAll(JSON.stringify(client));
}

/** Hides that the transport is a socket, so records go through JavaScript. */
function disguised(tcp) {
  return {
    accept: async () => {
      const stream = await tcp.accept();
      return new StapledStream(stream, stream);
    },
    close: () => tcp.close(),
    [Symbol.asyncDispose]: () => tcp.close(),
  };
}

const kinds = {
  tcp: (options) => net.serveTcp(echo, 0, options),
  tls: (options) => net.serveTls(options.greets === true ? greet : echo, 0, options),
  async overAnyStream({ taskStatus, ...options }) {
    const [tcp] = await net.openTcpListeners(0, { host: '127.0.0.1' });
    await net.serveListeners(greet, [new net.TlsListener(disguised(tcp), options)], {
      taskStatus: { started: () => taskStatus.started([tcp]) },
    });
  },
  http: (options) =>
    net.serveHttp(
      async (request, response) => {
        counts.served++;
        let length = 0;
        for await (const chunk of request) length += chunk.length;
        response.end(String(length));
      },
      0,
      options,
    ),
};

obey({
  serve: ({ kind, options }) =>
    new Promise((resolve, reject) => {
      run(() =>
        openNursery(async (nursery) => {
          [listener] = await nursery.start((taskStatus) => kinds[kind]({ host: '127.0.0.1', ...options, taskStatus }));
          resolve(listener.port);
          await abandonable(new Promise(() => undefined));
        }),
      ).catch((/** @type {unknown} */ error) => {
        reject(error);
        // Such an error would have ended a program.
        process.exit(7);
      });
      setInterval(() => undefined, 60_000);
    }),
  // Counting memory needs a descriptor.
  counts: () => counts,
  state: async () => ({
    ...counts,
    dropped: listener?.dropped ?? 0,
    heap: await heapInUse(),
    memory: resident(),
    descriptors: descriptors(),
  }),
});
