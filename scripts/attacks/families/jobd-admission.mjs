// Attacks on jobd by clients that it must not let in.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority } from '../../test-authority.mjs';
import { Client } from '../client.mjs';
import { authority, withTls } from '../daemon-tls.mjs';
import { Daemon } from '../daemon.mjs';
import { connectTls } from '../sockets.mjs';
import { until } from '../until.mjs';

const list = '{"jobd":1,"id":"l","op":"list"}\n';

function submission(folder) {
  const text = JSON.stringify({ jobs: { a: { run: `touch ${join(folder, 'pwned')}` } } });
  return `${JSON.stringify({ jobd: 1, id: 's', op: 'submit', path: join(folder, 'jobs.json'), text })}\n`;
}

/** A certificate that is for one usage only. OpenSSL makes it, because our own authority cannot. */
function issueFor(trial, usage) {
  const at = (name) => join(trial.folder, name);
  const run = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });
  writeFileSync(at('ca.key'), authority.key);
  writeFileSync(at('ca.crt'), authority.cert);
  writeFileSync(at('extensions'), `extendedKeyUsage=${usage}\n`);
  run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at('usage.key'));
  run('req', '-new', '-key', at('usage.key'), '-subj', '/CN=client', '-out', at('usage.csr'));
  run(
    'x509',
    '-req',
    '-in',
    at('usage.csr'),
    '-CA',
    at('ca.crt'),
    '-CAkey',
    at('ca.key'),
    '-set_serial',
    '7',
    '-days',
    '1',
    '-extfile',
    at('extensions'),
    '-out',
    at('usage.crt'),
  );
  return { cert: readFileSync(at('usage.crt'), 'utf8'), key: readFileSync(at('usage.key'), 'utf8') };
}

export const attacks = {
  'R-2-web-page': {
    bound:
      'a page that posts a request to the port runs nothing, also if it knew the token; nor does one that speaks HTTP to the socket',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { listen: { unix: 'jobd.sock', tcp: { port: 0 } } });
      const token = `${JSON.stringify({ jobd: 1, id: 't', ...daemon.authentication('tcp') })}\n`;
      const evil = submission(daemon.folder);
      const bodies = [evil, `\n${evil}`, `\n${token}${evil}`, `${token}${evil}`];
      let refused = 0;
      for (const body of bodies) {
        const post = fetch(`http://127.0.0.1:${daemon.port('tcp')}/`, {
          method: 'POST',
          mode: 'no-cors',
          headers: { 'content-type': 'text/plain' },
          body,
        });
        await post.then(
          () => trial.hold(false, 'the page got an answer'),
          () => refused++,
        );
      }
      const firsts = [`POST / HTTP/1.1\r\nHost: x\r\n\r\n`, '\n', 'Host: x\n'];
      for (const address of [daemon.socket, daemon.port('tcp')]) {
        for (const first of firsts) {
          const client = await Client.open(address);
          client.send(`${first}${token}${evil}`);
          trial.hold(await until(() => client.ended, 10_000), `${JSON.stringify(first)} does not end the connection`);
          client.close();
          refused++;
        }
      }
      const { jobs } = (await daemon.ask({ op: 'list' })).result;
      trial.equal([jobs, existsSync(join(daemon.folder, 'pwned'))], [[], false], 'jobs, file of the page');
      return `${refused} of ${bodies.length + 2 * firsts.length} cut off, ${jobs.length} jobs`;
    },
  },

  'R-2-without-the-token': {
    bound: 'over TCP nothing is done without the token; its file is 600 in a folder 700, and gone with the daemon',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { listen: { unix: 'jobd.sock', tcp: { port: 0 } } });
      const firsts = [
        '',
        list,
        '{"jobd":1,"id":"t","op":"authenticate","token":"guessed"}\n',
        `{"jobd":1,"id":"t","op":"authenticate","token":"${'x'.repeat(5_000)}"}\n`,
        '{"jobd":1,"id":"t","op":"authenticate"}\n',
        '{"jobd":1,"id":"t","op":"authenticate","token":null}\n',
      ];
      for (const first of firsts) {
        const client = await Client.open(daemon.port('tcp'));
        client.send(
          `${first}${submission(daemon.folder)}${JSON.stringify({ jobd: 1, id: 't', ...daemon.authentication('tcp') })}\n`,
        );
        trial.hold(await until(() => client.ended, 20_000), `${first.slice(0, 60)} does not end the connection`);
        trial.equal(
          client.answers.filter(({ result }) => result !== undefined),
          [],
          'results',
        );
        client.close();
      }
      const folder = join(daemon.folder, '.jobd/tokens');
      const files = readdirSync(folder).map((name) => join(folder, name));
      const modes = [folder, ...files].map((path) => (statSync(path).mode & 0o777).toString(8));
      trial.equal(modes, ['700', '600'], 'permissions');
      trial.equal(existsSync(join(daemon.folder, 'pwned')), false, 'something was run');
      await daemon.stop();
      trial.equal(readdirSync(folder), [], 'tokens afterwards');
      return `${firsts.length} refused, permissions ${modes.join(', ')}`;
    },
  },

  'client-certificates': {
    bound:
      'no certificate, one of another authority, an expired one and one for servers alone are refused, with TLS 1.2 and 1.3, also when they resume; a good one is accepted',
    timeout: 600,
    async attack(trial) {
      const daemon = await Daemon.start(trial, { listen: withTls(trial) });
      const port = daemon.port('tls');
      const stranger = makeAuthority('another');
      const kinds = {
        none: undefined,
        'other authority': stranger.issue('client'),
        expired: authority.issueExpired('client'),
        'servers alone': issueFor(trial, 'serverAuth'),
        good: authority.issue('client'),
        'for clients': issueFor(trial, 'clientAuth'),
      };
      const knock = async (version, certificate, session) => {
        const versionOnly = { minVersion: version, maxVersion: version };
        const socket = connectTls(port, { ca: authority.cert, ...versionOnly, ...certificate, session });
        let ticket;
        socket.on('session', (each) => (ticket = each));
        const client = new Client(socket);
        client.send(list);
        await until(() => client.answers.length > 0 || client.ended, 20_000);
        const isIn = client.answers.some(({ result }) => result !== undefined);
        client.close();
        return { isIn, ticket };
      };
      const figures = [];
      for (const version of ['TLSv1.2', 'TLSv1.3']) {
        for (const [kind, certificate] of Object.entries(kinds)) {
          const first = await knock(version, certificate);
          const again = first.ticket === undefined ? undefined : await knock(version, certificate, first.ticket);
          const isGood = kind === 'good' || kind === 'for clients';
          trial.equal([first.isIn, again?.isIn ?? isGood], [isGood, isGood], `${version}, ${kind}`);
          figures.push(`${kind} ${first.isIn ? 'in' : 'refused'}`);
        }
      }
      return figures.slice(0, 6).join(', ');
    },
  },

  'where-it-listens': {
    bound: 'without a host TCP and TLS listen at 127.0.0.1 only; the socket file is 600',
    timeout: 600,
    async attack(trial) {
      process.umask(0);
      const daemon = await Daemon.start(trial, { listen: { ...withTls(trial), tcp: { port: 0 } } });
      const hosts = ['tcp', 'tls'].map((kind) => new URL(daemon.address(kind)).hostname);
      const listening = readFileSync('/proc/net/tcp', 'latin1')
        .split('\n')
        .filter((line) => {
          const [, local, , state] = line.trim().split(/\s+/);
          return (
            state === '0A' &&
            ['tcp', 'tls'].some((kind) =>
              local.endsWith(`:${daemon.port(kind).toString(16).toUpperCase().padStart(4, '0')}`),
            )
          );
        });
      const addresses = listening.map((line) => line.trim().split(/\s+/)[1].split(':')[0]);
      const mode = (statSync(daemon.socket).mode & 0o777).toString(8);
      trial.equal(
        [hosts, addresses, mode],
        [['127.0.0.1', '127.0.0.1'], ['0100007F', '0100007F'], '600'],
        'hosts, addresses of the system, permissions',
      );
      return `${hosts.join(', ')}; ${mode} with umask 0`;
    },
  },
};
