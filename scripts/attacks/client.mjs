import { connect } from 'node:net';
import { until } from './until.mjs';

/** A client that knows nothing of jobd: it sends text, and collects the lines that come. */
export class Client {
  answers = [];
  ended = false;
  /** Lines that are not JSON. */
  garbage = 0;
  #socket;
  #rest = '';

  /** @param address a path, or a port of this machine, or a socket */
  static async open(address) {
    const client = new Client(address);
    await until(() => client.ended || !client.#socket.connecting, 30_000);
    return client;
  }

  constructor(address) {
    const socket =
      typeof address === 'object'
        ? address
        : typeof address === 'string'
          ? connect(address)
          : connect(address, '127.0.0.1');
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('close', () => (this.ended = true));
    socket.on('data', (text) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop();
      for (const line of lines) {
        try {
          this.answers.push(JSON.parse(line));
        } catch {
          this.garbage++;
        }
      }
    });
  }

  get socket() {
    return this.#socket;
  }

  send(data) {
    return this.#socket.write(data);
  }

  request(fields) {
    this.send(`${JSON.stringify({ jobd: 1, id: 'x', ...fields })}\n`);
  }

  /** @returns the next answer; `undefined` if the connection ends, or none comes within a time. */
  async ask(fields, timeout = 120_000) {
    const count = this.answers.length;
    this.request(fields);
    await until(() => this.answers.length > count || this.ended, timeout);
    return this.answers[count];
  }

  close() {
    this.#socket.destroy();
  }
}
