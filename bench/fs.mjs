// Files beside node:fs doing the same: fs/promises, the callback functions, readline, and the obvious loop. What counts is the
// median of the ratios of each round, because the machine drifts. Files lie in memory where the system has such a place.
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';
import { run } from '@tercet/core';
import { openFile, Path } from '@tercet/fs';
import { Table } from './core.mjs';
import { measure } from './measure.mjs';

const callback = { stat: promisify(fs.stat), readFile: promisify(fs.readFile), writeFile: promisify(fs.writeFile) };
const MIB = 1024 * 1024;

export default async function bench({ log, only }) {
  const folder = fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tercet-bench-'));
  try {
    const table = new Table(log, ['workload', 'tercet', 'tercet is faster than', 'target']);
    for (const workload of [...small(folder), ...lines(folder), ...bulk(folder), ...trees(folder)]) {
      if (only === undefined || workload.name.includes(only)) await row(table, workload);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function row(table, { targets = [], unit = 'µs', ...workload }) {
  workload.prepare?.();
  const { nanoseconds, ratio } = await run(() => measure(workload));
  const faster = (than, who = 'tercet') => ratio(than, who);
  const others = Object.keys(workload.implementations).filter((name) => !name.startsWith('tercet'));
  const own = Object.keys(workload.implementations).filter((name) => name.startsWith('tercet'));
  for (const name of own) {
    const time = nanoseconds[name] / { ns: 1, µs: 1000, ms: 1e6 }[unit];
    table.row([
      name === 'tercet' ? workload.name : `${workload.name}, ${name.slice('tercet '.length)}`,
      `${time.toFixed(1)} ${unit}`,
      others.map((other) => `${other} ${faster(other, name).toFixed(2)} ×`).join(', '),
      targets
        .filter((target) => (target.who ?? 'tercet') === name)
        .map(({ than, atLeast }) => `${than} ≥ ${atLeast} × ${faster(than, name) >= atLeast ? '✓' : '✗'}`)
        .join(', '),
    ]);
  }
}

/** Small operations, alone and sixteen at a time. */
function small(folder) {
  const file = join(folder, 'small');
  fs.writeFileSync(file, 'a'.repeat(1024));
  const path = new Path(file);
  const target = join(folder, 'written');
  const targetPath = new Path(target);
  const text = 'b'.repeat(1024);
  const operations = {
    stat: {
      tercet: () => path.stat(),
      'tercet statSync': () => path.statSync(),
      'fs/promises': () => fsp.stat(file),
      callback: () => callback.stat(file),
    },
    readText: {
      tercet: () => path.readText(),
      'tercet readTextSync': () => path.readTextSync(),
      'fs/promises': () => fsp.readFile(file, 'utf8'),
      callback: () => callback.readFile(file, 'utf8'),
    },
    writeText: {
      tercet: () => targetPath.writeText(text),
      'tercet writeTextSync': () => targetPath.writeTextSync(text),
      'fs/promises': () => fsp.writeFile(target, text),
      callback: () => callback.writeFile(target, text),
    },
  };
  return Object.entries(operations).flatMap(([name, implementations]) =>
    [1, 16].map((tasks) => ({
      name: `${name} of 1 KiB, ${tasks} at a time`,
      count: 3200,
      rounds: 15,
      targets: [{ than: 'fs/promises', atLeast: 1.15 }],
      implementations: Object.fromEntries(
        Object.entries(implementations)
          .filter(([who]) => tasks === 1 || !who.endsWith('Sync'))
          .map(([who, operation]) => [who, (count) => together(tasks, count / tasks, operation)]),
      ),
    })),
  );
}

function together(tasks, count, operation) {
  const task = async () => {
    for (let i = 0; i < count; i++) await operation();
  };
  return Promise.all(Array.from({ length: tasks }, task));
}

/** A million lines of 64 bytes. */
function lines(folder) {
  const file = join(folder, 'lines');
  const count = 1_000_000;
  const check = (length) => {
    if (length !== 63 * count) throw new Error(`${length} characters instead of ${63 * count}`);
  };
  return [
    {
      name: 'lines of 64 bytes',
      unit: 'ns',
      count,
      prepare: () => fs.writeFileSync(file, `${'x'.repeat(63)}\n`.repeat(count)),
      targets: [
        { than: 'readline', atLeast: 1.7 },
        { who: 'tercet batches', than: 'readline', atLeast: 3 },
      ],
      implementations: {
        tercet: async () => {
          let length = 0;
          const opened = await openFile(file);
          for await (const line of opened) length += line.length;
          await opened.close();
          check(length);
        },
        'tercet batches': async () => {
          let length = 0;
          const opened = await openFile(file);
          for await (const batch of opened.batches()) for (const line of batch) length += line.length;
          await opened.close();
          check(length);
        },
        readline: async () => {
          let length = 0;
          const input = fs.createReadStream(file);
          for await (const line of readline.createInterface({ input, crlfDelay: Infinity })) length += line.length;
          check(length);
        },
      },
    },
  ];
}

/** 128 MiB in pieces of 1 MiB, with one buffer. */
function bulk(folder) {
  const file = join(folder, 'bulk');
  const count = 128;
  const buffer = Buffer.alloc(MIB, 'x');
  const read = async (readSome) => {
    let total = 0;
    for (let bytes = await readSome(); bytes > 0; bytes = await readSome()) total += bytes;
    if (total !== count * MIB) throw new Error(`${total} bytes`);
  };
  return [
    {
      name: 'reading 1 MiB',
      count,
      prepare: () => fs.writeFileSync(file, Buffer.alloc(count * MIB)),
      targets: [
        { than: 'FileHandle', atLeast: 0.95 },
        { than: 'callback', atLeast: 0.95 },
      ],
      implementations: {
        tercet: async () => {
          const opened = await openFile(file, 'rb');
          await read(() => opened.readInto(buffer));
          await opened.close();
        },
        FileHandle: async () => {
          const handle = await fsp.open(file);
          await read(async () => (await handle.read(buffer, 0, MIB, null)).bytesRead);
          await handle.close();
        },
        callback: async () => {
          const fd = fs.openSync(file);
          const readSome = () =>
            new Promise((resolve, reject) => {
              fs.read(fd, buffer, 0, MIB, null, (error, bytes) => (error ? reject(error) : resolve(bytes)));
            });
          await read(readSome);
          fs.closeSync(fd);
        },
      },
    },
    {
      name: 'writing 1 MiB',
      count,
      targets: [
        { than: 'FileHandle', atLeast: 0.95 },
        { than: 'callback', atLeast: 0.95 },
      ],
      implementations: {
        tercet: async () => {
          const opened = await openFile(file, 'wb');
          for (let i = 0; i < count; i++) await opened.write(buffer);
          await opened.close();
        },
        FileHandle: async () => {
          const handle = await fsp.open(file, 'w');
          for (let i = 0; i < count; i++) await handle.write(buffer);
          await handle.close();
        },
        callback: async () => {
          const fd = fs.openSync(file, 'w');
          const write = () =>
            new Promise((resolve, reject) => {
              fs.write(fd, buffer, 0, MIB, null, (error) => (error ? reject(error) : resolve()));
            });
          for (let i = 0; i < count; i++) await write();
          fs.closeSync(fd);
        },
      },
    },
  ];
}

/** 10 000 files in 221 directories: how many end in `.txt`? */
function trees(folder) {
  const tree = join(folder, 'tree');
  const path = new Path(tree);
  const check = (found) => {
    if (found !== 5000) throw new Error(`${found} files`);
  };
  const plant = () => {
    for (let i = 0; i < 200; i++) {
      const directory = join(tree, `d${i % 20}`, `e${i}`);
      fs.mkdirSync(directory, { recursive: true });
      for (let j = 0; j < 50; j++) fs.writeFileSync(join(directory, `f${j}.${j % 2 ? 'txt' : 'js'}`), '');
    }
  };
  const serial = async () => {
    let found = 0;
    const stack = [tree];
    for (let directory = stack.pop(); directory !== undefined; directory = stack.pop()) {
      for (const entry of await fsp.readdir(directory, { withFileTypes: true })) {
        if (entry.isDirectory()) stack.push(join(directory, entry.name));
        else if (entry.name.endsWith('.txt')) found++;
      }
    }
    check(found);
  };
  return [
    {
      name: 'walk of 10 000 files',
      unit: 'ms',
      count: 1,
      prepare: plant,
      targets: [{ than: 'serial readdir', atLeast: 2 }],
      implementations: {
        tercet: async () => {
          let found = 0;
          for await (const { files } of path.walk()) {
            for (const name of files) if (name.endsWith('.txt')) found++;
          }
          check(found);
        },
        'tercet glob': async () => {
          let found = 0;
          for await (const _ of path.glob('**/*.txt')) found++;
          check(found);
        },
        'serial readdir': serial,
        ...(fsp.glob === undefined
          ? {}
          : {
              'fs/promises glob': async () => {
                let found = 0;
                for await (const _ of fsp.glob('**/*.txt', { cwd: tree })) found++;
                check(found);
              },
            }),
      },
    },
  ];
}
