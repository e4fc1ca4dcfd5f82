// Loaded into jobd: at SIGUSR2 it writes figures to a file, of the time since the last one. `step` is the most processor time
// of its main thread between two looks at a timer, which Node 20 and 22 do not know.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const file = process.env['ATTACK_STATE'];
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const used = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
let step = NaN;
if (process.threadCpuUsage !== undefined) {
  let last = used();
  step = 0;
  setInterval(() => {
    const now = used();
    step = Math.max(step, now - last);
    last = now;
  }, 1).unref();
}

process.on('SIGUSR2', () => {
  const blocked = delay.max / 1e6;
  const longest = step;
  for (let turn = 0; turn < 3; turn++) globalThis.gc();
  const state = { blocked, step: longest, heap: process.memoryUsage().heapUsed / 2 ** 20 };
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
  // The collection itself does not count.
  setTimeout(() => {
    delay.reset();
    step = Number.isNaN(step) ? step : 0;
  }, 20);
});
