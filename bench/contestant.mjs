// One implementation of one workload, in a process of its own: what another library leaves behind, in the heap or in what
// the engine has learned, must not count. The parent asks over stdin how long an execution takes, and reads stdout.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(import.meta.url);
const flags = { node: [], bun: [], deno: ['run', '--allow-all', '--quiet'] };

/** The runtime that this process runs on. */
export const ownRuntime = { kind: 'node', file: process.execPath };

export class Contestant {
  #child;
  #answers;

  /** @param {string} file of the workload, in workloads/ */
  constructor({ kind, file: executable }, file, workload, implementation) {
    this.#child = spawn(executable, [...flags[kind], program, file, workload, implementation], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @returns how long `count` operations take, in milliseconds; undefined when it cannot do them. */
  async time(count) {
    this.#child.stdin.write(`${count}\n`);
    const { value, done } = await this.#answers.next();
    return done ? undefined : Number(value);
  }

  end() {
    this.#child.kill('SIGKILL');
  }
}

if (process.argv[1] === program) await serve(...process.argv.slice(2));

async function serve(file, name, implementation) {
  const { default: workloads } = await import(`./workloads/${file}`);
  const { implementations } = workloads.find((workload) => workload.name === name);
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(await timeOf(implementations[implementation], Number(line)));
  }
}

/** An implementation that returns a number times itself. */
export async function timeOf(implementation, count) {
  const begin = performance.now();
  const own = await implementation(count);
  return typeof own === 'number' ? own : performance.now() - begin;
}
