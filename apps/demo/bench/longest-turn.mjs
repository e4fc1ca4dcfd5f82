// Loaded into the daemon before its program: measures the most processor time that its main thread has used between two looks
// at a timer, which is what one step can hold up the others for on a machine that has nothing else to do. SIGUSR2 begins the
// measurement, and ends it. Node 20 and 22 do not know the processor time of a thread.

import { writeFileSync } from 'node:fs';

const used = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

if (process.threadCpuUsage !== undefined) {
  let last = used();
  let longest = 0;
  let isMeasuring = false;
  setInterval(() => {
    const now = used();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1).unref();
  process.on('SIGUSR2', () => {
    if (isMeasuring) writeFileSync(process.env.LONGEST_TURN, String(longest));
    isMeasuring = !isMeasuring;
    longest = 0;
  });
}
