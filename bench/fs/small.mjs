import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Path } from '@tercet/fs';

const callback = { readFile: promisify(fs.readFile), writeFile: promisify(fs.writeFile) };

/** Small operations, alone and sixteen at a time. */
export function small(folder) {
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
      bare: () => called((done) => fs.stat(file, done)),
      'fs/promises': () => fsp.stat(file),
    },
    readText: {
      tercet: () => path.readText(),
      'tercet readTextSync': () => path.readTextSync(),
      bare: () => called((done) => readSmall(file, done)),
      'fs/promises': () => fsp.readFile(file, 'utf8'),
      callback: () => callback.readFile(file, 'utf8'),
    },
    writeText: {
      tercet: () => targetPath.writeText(text),
      'tercet writeTextSync': () => targetPath.writeTextSync(text),
      bare: () => called((done) => writeSmall(target, text, done)),
      'fs/promises': () => fsp.writeFile(target, text),
      callback: () => callback.writeFile(target, text),
    },
  };
  return Object.entries(operations).flatMap(([name, implementations]) =>
    [1, 16].map((tasks) => ({
      name: `${name} of 1 KiB, ${tasks} at a time`,
      count: tasks === 1 ? 2000 : 9600,
      rounds: 21,
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

function called(start) {
  return new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });
}

function readSmall(file, done) {
  fs.open(file, fs.constants.O_RDONLY, (error, fd) => {
    if (error) return done(error);
    const buffer = Buffer.allocUnsafeSlow(fs.fstatSync(fd).size);
    fs.read(fd, buffer, 0, buffer.length, null, (failed) => {
      fs.closeSync(fd);
      done(failed, failed ? undefined : buffer.toString());
    });
  });
}

function writeSmall(file, text, done) {
  fs.open(file, 'w', (error, fd) => {
    if (error) return done(error);
    fs.write(fd, text, null, 'utf8', (failed) => fs.close(fd, (unclosed) => done(failed ?? unclosed)));
  });
}
