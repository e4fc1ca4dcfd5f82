import { spawn } from 'node:child_process';

/** Runs a program and gives back what it printed. One that fails is an error that shows all of it. */
export async function command(file, args, { cwd, env = process.env }) {
  return await new Promise((resolve, reject) => {
    // On Windows npm is a script of the shell.
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let stdout = '';
    let all = '';
    child.stdout.on('data', (data) => {
      stdout += data;
      all += data;
    });
    child.stderr.on('data', (data) => (all += data));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`\`${[file, ...args].join(' ')}\` in ${cwd} ended with ${code}:\n${all}`));
    });
  });
}

/** The same for a program in JavaScript, under the Node of this process. */
export async function node(args, options) {
  return await command(process.execPath, args, options);
}
