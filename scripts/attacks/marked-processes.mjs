import { readdirSync, readFileSync } from 'node:fs';

/** The processes that an attack has started, and those that they have: all of them inherit a variable. */
export function marked(mark) {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').includes(`TERCET_ATTACK=${mark}\0`)) return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      // The dead have none.
      return command === '' ? [] : [{ pid: Number(name), command }];
    } catch {
      return [];
    }
  });
}

/** Ends them. @returns what they were. */
export function endMarked(mark) {
  const ended = [];
  for (let found = marked(mark), round = 0; found.length > 0 && round < 20; found = marked(mark), round++) {
    for (const { pid, command } of found) {
      if (round === 0) ended.push(command.slice(0, 60));
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  }
  return ended;
}
