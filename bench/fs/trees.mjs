import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { join } from 'node:path';
import { Path } from '@tercet/fs';

/** 10 000 files in 221 directories: how many end in `.txt`? */
export function trees(folder) {
  const tree = join(folder, 'tree');
  const path = new Path(tree);
  const check = (found) => {
    if (found !== 5000) throw new Error(`${found} files`);
  };
  return [
    {
      name: 'walk of 10 000 files',
      unit: 'ms',
      count: 10,
      rounds: 21,
      prepare: () => plant(tree),
      targets: [{ than: 'serial readdir', atLeast: 2 }],
      implementations: {
        tercet: times(async () => {
          let found = 0;
          for await (const { files } of path.walk()) {
            for (const name of files) if (name.endsWith('.txt')) found++;
          }
          check(found);
        }),
        'tercet glob': times(async () => {
          let found = 0;
          for await (const _ of path.glob('**/*.txt')) found++;
          check(found);
        }),
        bare: times(async () => check(await eightAtATime(tree))),
        'serial readdir': times(async () => check(await oneAtATime(tree))),
        ...(fsp.glob === undefined
          ? {}
          : {
              'fs/promises glob': times(async () => {
                let found = 0;
                for await (const _ of fsp.glob('**/*.txt', { cwd: tree })) found++;
                check(found);
              }),
            }),
      },
    },
  ];
}

function times(walk) {
  return async (count) => {
    for (let i = 0; i < count; i++) await walk();
  };
}

function plant(tree) {
  for (let i = 0; i < 200; i++) {
    const directory = join(tree, `d${i % 20}`, `e${i}`);
    fs.mkdirSync(directory, { recursive: true });
    for (let j = 0; j < 50; j++) fs.writeFileSync(join(directory, `f${j}.${j % 2 ? 'txt' : 'js'}`), '');
  }
}

async function oneAtATime(tree) {
  let found = 0;
  const stack = [tree];
  for (let directory = stack.pop(); directory !== undefined; directory = stack.pop()) {
    found += count(await fsp.readdir(directory, { withFileTypes: true }), directory, stack);
  }
  return found;
}

function eightAtATime(tree) {
  return new Promise((resolve, reject) => {
    let found = 0;
    let running = 0;
    const stack = [tree];
    const go = () => {
      while (running < 8 && stack.length > 0) {
        const directory = stack.pop();
        running++;
        fs.readdir(directory, { withFileTypes: true }, (error, entries) => {
          if (error) return reject(error);
          running--;
          found += count(entries, directory, stack);
          if (running === 0 && stack.length === 0) resolve(found);
          else go();
        });
      }
    };
    go();
  });
}

function count(entries, directory, stack) {
  let found = 0;
  for (const entry of entries) {
    if (entry.isDirectory()) stack.push(`${directory}/${entry.name}`);
    else if (entry.name.endsWith('.txt')) found++;
  }
  return found;
}
