import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { join } from 'node:path';
import { openFile } from '@tercet/fs';

const MIB = 1024 * 1024;

/** 128 MiB in pieces of 1 MiB, with one buffer. */
export function bulk(folder) {
  const file = join(folder, 'bulk');
  const count = 128;
  const buffer = Buffer.alloc(MIB, 'x');
  const rounds = 21;
  const targets = [
    { than: 'FileHandle', atLeast: 0.95 },
    { than: 'callback', atLeast: 0.95 },
  ];
  const read = async (readSome) => {
    let total = 0;
    for (let bytes = await readSome(); bytes > 0; bytes = await readSome()) total += bytes;
    if (total !== count * MIB) throw new Error(`${total} bytes`);
  };
  const write = async (writeOne) => {
    for (let i = 0; i < count; i++) await writeOne();
  };
  return [
    {
      name: 'reading 1 MiB',
      count,
      rounds,
      targets,
      prepare: () => fs.writeFileSync(file, Buffer.alloc(count * MIB)),
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
        callback: withDescriptor(file, 'r', (fd) => read(() => transfer(fs.read, fd, buffer))),
      },
    },
    {
      name: 'writing 1 MiB',
      count,
      rounds,
      targets,
      implementations: {
        tercet: async () => {
          const opened = await openFile(file, 'wb');
          await write(() => opened.write(buffer));
          await opened.close();
        },
        FileHandle: async () => {
          const handle = await fsp.open(file, 'w');
          await write(() => handle.write(buffer));
          await handle.close();
        },
        callback: withDescriptor(file, 'w', (fd) => write(() => transfer(fs.write, fd, buffer))),
      },
    },
  ];
}

function withDescriptor(file, flags, body) {
  return async () => {
    const fd = await new Promise((resolve, reject) => {
      fs.open(file, flags, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    await body(fd);
    await new Promise((resolve) => {
      fs.close(fd, resolve);
    });
  };
}

function transfer(operation, fd, buffer) {
  return new Promise((resolve, reject) => {
    operation(fd, buffer, 0, MIB, null, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
