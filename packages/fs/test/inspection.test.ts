import { inspect } from 'node:util';
import { expect, it } from '@jest/globals';
import * as fs from '../src/index.ts';
import { inFolder } from './support/in-folder.ts';

it(
  'util.inspect shows files, and whether they are closed or released',
  inFolder(async (folder) => {
    const path = folder.join('a');
    const name = path.toString();
    const text = await fs.openFile(path, 'w');
    expect(inspect(text)).toBe(`<TextFile ${name} w>`);
    await text.close();
    expect(inspect(text)).toBe(`<TextFile ${name} w, closed>`);
    const binary = await fs.openFile(path, 'rb');
    expect(inspect(binary)).toBe(`<BinaryFile ${name} rb>`);
    const lock = await binary.lock({ shared: true });
    expect(inspect(lock)).toBe(`<FileLock on ${name}>`);
    lock[Symbol.dispose]();
    expect(inspect(lock)).toBe(`<FileLock on ${name}, released>`);
    await binary.close();
    expect(inspect(binary)).toBe(`<BinaryFile ${name} rb, closed>`);
  }),
);

it(
  'util.inspect shows temporary files and folders by their paths, and a wrapped object by its class',
  inFolder(async (folder) => {
    await using directory = await fs.openTemporaryDirectory({ dir: folder });
    expect(inspect(directory)).toBe(`<TemporaryDirectory ${directory.path.toString()}>`);
    await using file = await fs.openTemporaryFile('w+', { dir: folder });
    expect(inspect(file)).toBe(`<TemporaryFile ${file.path.toString()}>`);
    class Memory {
      read = (): string => '';
      close = (): void => undefined;
    }
    expect(inspect(fs.wrapFile(new Memory()))).toBe('<WrappedFile of Memory>');
  }),
);

const errors = Object.entries<unknown>(fs).filter(([, value]) =>
  Object.prototype.isPrototypeOf.call(Error, value as object),
);

it.each(errors)('the name of %s does not depend on a minifier', (name, type) => {
  expect(Object.getOwnPropertyDescriptor((type as typeof Error).prototype, 'name')?.value).toBe(name);
});
