import { expect, it } from '@jest/globals';
import { parseConfig } from '../../src/daemon/config.ts';
import { InputError } from '../../src/input/input-error.ts';

function problemsOf(text: string): string[] {
  try {
    parseConfig(text, 'jobd.yaml');
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(({ place, text: problem }) => `${place.line}:${place.column}: ${problem}`);
  }
  return [];
}

it('a configuration gets its defaults, and its paths are seen from its folder', () => {
  const text = 'listen: { unix: run/jobd.sock, tcp: { port: 7000 } }\nrotate: { size: 100 }\n';
  expect(parseConfig(text, '/etc/jobd/jobd.yaml')).toMatchObject({
    listen: { unix: '/etc/jobd/run/jobd.sock', tcp: { host: '127.0.0.1', port: 7000 } },
    concurrency: 4,
    grace: 10_000,
    logs: '/etc/jobd/logs',
    rotate: { size: 100, keep: 3 },
    limits: { line: 1_048_576, idle: 300_000 },
  });
});

it('the files for TLS are seen from the folder of the configuration too', () => {
  const text = 'listen: { tls: { port: 7001, cert: a.crt, key: tls/a.key, clients: ca.crt, token: t } }';
  const names = { cert: 'a.crt', key: 'tls/a.key', clients: 'ca.crt', token: 't' };
  const files = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, `/etc/jobd/${name}`]));
  expect(parseConfig(text, '/etc/jobd/jobd.yaml').listen.tls).toEqual({ host: '127.0.0.1', port: 7001, ...files });
});

it('a token may be kept elsewhere, seen from the folder of the configuration', () => {
  const { tcp } = parseConfig('listen: { tcp: { port: 1, token: run/token } }', '/etc/jobd/jobd.yaml').listen;
  expect(tcp).toEqual({ host: '127.0.0.1', port: 1, token: '/etc/jobd/run/token' });
});

it('a configuration may start with a byte order mark', () => {
  expect(problemsOf('\uFEFFlisten: { unix: a }')).toEqual([]);
  expect(parseConfig('\uFEFF{"listen": {"unix": "/a"}}', 'jobd.json').listen.unix).toBe('/a');
});

it.each([
  ['', 'listen, concurrency, grace, logs, logLevel, rotate, keepRuns, limits'],
  ['listen', 'unix, tcp, tls'],
  ['listen.tcp', 'host, port, token'],
  ['listen.tls', 'host, port, cert, key, clients, token'],
  ['rotate', 'size, keep'],
  ['limits', 'line, idle, write, tail, connections, handshakes'],
])('a key that is not known in "%s" is answered with those that are', (at, known) => {
  const good = { listen: { tcp: { port: 1 }, tls: { port: 1, cert: 'a', key: 'b' } }, rotate: {}, limits: {} };
  const wrong = structuredClone(good) as Record<string, unknown>;
  const place = at
    .split('.')
    .reduce((value, key) => (key === '' ? value : (value[key] as Record<string, unknown>)), wrong);
  place['constructor'] = 1;
  expect(problemsOf(JSON.stringify(wrong))).toEqual([
    expect.stringMatching(
      new RegExp(`unknown key "constructor" in ${at === '' ? 'the file' : at}; known are ${known}$`),
    ),
  ]);
});

it.each([
  ['{}', '1:1: the file lacks the key "listen"'],
  ['listen: {}', '1:9: listen must be a mapping with unix, tcp or tls, not an empty mapping'],
  ['listen: { udp: 1 }', '1:11: unknown key "udp" in listen; known are unix, tcp, tls'],
  ['listen: { tcp: { port: 70000 } }', '1:24: listen.tcp.port must be a whole number from 0 to 65535, not 70000'],
  ['listen: { tcp: { prot: 1, port: 1 } }', '1:18: unknown key "prot" in listen.tcp; known are host, port, token'],
  ['listen: { tls: { port: 1, key: a } }', '1:16: listen.tls lacks the key "cert"'],
  ['listen: { unix: a }\nlogLevel: loud', '2:11: logLevel must be one of debug, info, warn, error, silent, not "loud"'],
  ['listen: { unix: a }\nlimits: { idle: 0 }', '2:17: limits.idle must be a duration of more than nothing, not 0'],
])('%j is refused', (text, problem) => {
  expect(problemsOf(text)).toEqual([problem]);
});
