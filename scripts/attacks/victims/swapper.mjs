// Replaces a folder of a tree by a link to another one, again and again, as fast as it can.
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { obey } from './obey.mjs';

let [swaps, isOver] = [0, false];

function swapOnce({ tree, victim }) {
  const [sub, aside] = [`${tree}/sub`, `${tree}-aside`];
  try {
    renameSync(sub, aside);
    symlinkSync(victim, sub);
    swaps++;
    // For a moment the link is in the place of the folder.
    for (let n = 0; n < 200; n++) Math.random();
    rmSync(sub);
    renameSync(aside, sub);
  } catch {
    // The tree has gone, or comes just now.
    rmSync(aside, { recursive: true, force: true });
    try {
      mkdirSync(tree);
    } catch {
      // It is there.
    }
  }
}

obey({
  swap(argument) {
    const step = () => {
      if (isOver) return;
      swapOnce(argument);
      setImmediate(step);
    };
    setImmediate(step);
  },
  stop() {
    isOver = true;
    return { swaps };
  },
});
