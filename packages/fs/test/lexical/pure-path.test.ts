import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Path, PurePosixPath, PureWindowsPath } from '@tercet/fs';
import type { PurePath } from '@tercet/fs';

type Case = [operation: string, path: string, args: string[], expected: unknown];
const table = JSON.parse(readFileSync(new URL('../data/pathlib.json', import.meta.url), 'utf8')) as {
  readonly posix: readonly Case[];
  readonly windows: readonly Case[];
};

const omitted = (path: PurePath): boolean => path.parts.includes('..') || /^\\\\\?|^\\\\.*[A-Z]/.test(path.drive);

function propertiesOf(path: PurePath): Record<string, unknown> {
  return {
    text: path.toString(),
    parts: path.parts,
    drive: path.drive,
    root: path.root,
    anchor: path.anchor,
    name: path.name,
    stem: path.stem,
    suffix: path.suffix,
    suffixes: path.suffixes,
    parent: path.parent.toString(),
    parents: path.parents.map(String),
    absolute: path.isAbsolute(),
    posix: path.asPosix(),
    url: omitted(path) ? null : path.isAbsolute() ? path.toURL().href : { error: true },
  };
}

function perform(path: PurePath, operation: string, args: string[]): unknown {
  const [first = ''] = args;
  switch (operation) {
    case 'properties':
      return propertiesOf(path);
    case 'join':
      return path.join(...args).toString();
    case 'withName':
      return path.withName(first).toString();
    case 'withStem':
      return path.withStem(first).toString();
    case 'withSuffix':
      return path.withSuffix(first).toString();
    case 'relativeTo':
      return path.relativeTo(first).toString();
    case 'isRelativeTo':
      return path.isRelativeTo(first);
    case 'match':
      return path.match(first);
    case 'equals':
      return path.equals(path instanceof PurePosixPath ? new PurePosixPath(first) : new PureWindowsPath(first));
    default:
      throw new Error(`no such operation: ${operation}`);
  }
}

function outcome(Class: typeof PurePosixPath | typeof PureWindowsPath, [operation, text, args]: Case): unknown {
  try {
    return perform(new Class(text), operation, args);
  } catch (error) {
    if (error instanceof RangeError) return { error: true };
    throw error;
  }
}

describe.each([
  { flavour: 'POSIX', Class: PurePosixPath, cases: table.posix },
  { flavour: 'Windows', Class: PureWindowsPath, cases: table.windows },
])('the lexical half, $flavour', ({ Class, cases }) => {
  it.each([...new Set(cases.map(([operation]) => operation))])("agrees with Python's pathlib: %s", (operation) => {
    const chosen = cases.filter((each) => each[0] === operation);
    const show = ([, text, args]: Case, result: unknown): unknown => ({ text, args, result });
    expect(chosen.map((each) => show(each, outcome(Class, each)))).toEqual(chosen.map((each) => show(each, each[3])));
  });
});

describe('a path', () => {
  it('PTH-001: follows the rules of the system it runs on', () => {
    const text = 'a\\b/c';
    const native = process.platform === 'win32' ? new PureWindowsPath(text) : new PurePosixPath(text);
    expect(new Path(text).parts).toEqual(native.parts);
  });

  it('PTH-003: converts to text, to JSON and to bytes', () => {
    const path = new Path('a', '\u00e9');
    expect(path.toString()).toBe(new Path('a/\u00e9').toString());
    expect(String(path)).toBe(path.toString());
    expect(JSON.stringify({ path })).toBe(JSON.stringify({ path: path.toString() }));
    expect(new PurePosixPath('a/\u00e9').toBytes()).toEqual(Buffer.from('a/\u00e9'));
    expect(Path.fromBytes(Buffer.from('a/\u00e9')).equals(path)).toBe(true);
  });

  it('PTH-003: distinguishes names that are not UTF-8, and converts back to their bytes', () => {
    const bytes = Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x80, 0xe2, 0x82]);
    const path = Path.fromBytes(bytes);
    expect(path.toBytes()).toEqual(bytes);
    expect(path.name).toBe('a\udcff\u00e9\udced\udca0\udc80\u{1f600}\udce2\udc82');
    expect(Path.fromBytes(Buffer.from('\ufffd')).toBytes()).toEqual(Buffer.from('\ufffd'));
    expect(new PurePosixPath('/', path.toString()).toURL().href).toMatch(/^file:\/\/\/a%FF%C3%A9%ED%A0%80/);
  });

  it('PTH-005: joins strings, paths and URLs to a path of the same class', () => {
    const joined = new Path('a').join('b', new Path('c'), new PurePosixPath('d'));
    expect(joined).toBeInstanceOf(Path);
    expect(joined.asPosix()).toBe('a/b/c/d');
    expect(new PurePosixPath('a').join(new URL('file:///x%20y/z')).toString()).toBe('/x y/z');
    expect(new PureWindowsPath(new URL('file:///c:/x%20y')).toString()).toBe('c:\\x y');
    expect(new PurePosixPath(new PureWindowsPath('a/b')).toString()).toBe('a\\b');
  });

  it('PTH-006: has the same key as equal paths, ignoring case on Windows', () => {
    const set = new Set([new Path('a/b').key, new Path('a', './b').key]);
    expect(set.size).toBe(1);
    expect(new PureWindowsPath('C:/A').key).toBe(new PureWindowsPath('c:\\a').key);
    expect(new PurePosixPath('A').equals(new PurePosixPath('a'))).toBe(false);
    expect(new PurePosixPath('a').equals(new PureWindowsPath('a'))).toBe(false);
  });

  it('PTH-007: has the properties of its text, and no others', () => {
    const path = new Path('/x/y.tar.gz');
    expect([path.name, path.stem, path.suffix, path.suffixes]).toEqual(['y.tar.gz', 'y.tar', '.gz', ['.tar', '.gz']]);
    // @ts-expect-error There is no such property.
    expect(path.nonsense).toBeUndefined();
    expect(Object.keys(path)).toEqual([]);
  });

  it('PTH-011: returns paths of the same class from parent, withName and withSuffix', () => {
    const path = new Path('/x/y.txt');
    for (const other of [
      path.parent,
      path.withName('z'),
      path.withStem('z'),
      path.withSuffix('.md'),
      ...path.parents,
    ]) {
      expect(other).toBeInstanceOf(Path);
    }
    expect(path.withSuffix('.md').asPosix()).toMatch(/x\/y\.md$/);
  });

  it('PTH-012: is made from segments and paths, and not from numbers', () => {
    expect(new Path(new Path('a'), 'b').equals(new Path('a/b'))).toBe(true);
    expect(new Path().toString()).toBe('.');
    for (const wrong of [1, null, undefined, {}, ['a'], true]) {
      expect(() => new Path(wrong as never)).toThrow(
        new RegExp('^Path: a path must be a string, a Path or a file: URL, not '),
      );
      expect(() => new Path('a').join(wrong as never)).toThrow(TypeError);
    }
  });

  it('PTH-013: has a readable form in the inspector', () => {
    expect(inspect(new Path('a/b'))).toBe(`<Path ${new Path('a/b').toString()}>`);
    expect(inspect(new PureWindowsPath('c:/x'))).toBe('<PureWindowsPath c:\\x>');
  });

  it('has no URL if it is relative, and a short one for an extended Windows path', () => {
    expect(() => new Path('a').toURL()).toThrow('a is relative, and only absolute paths have a URL');
    expect(new PureWindowsPath('\\\\?\\c:\\a').toURL().href).toBe('file:///c:/a');
    expect(new PureWindowsPath('\\\\?\\UNC\\s\\t\\a').toURL().href).toBe('file://s/t/a');
  });

  it('leads up to a path beside it with walkUp', () => {
    expect(new PurePosixPath('/a/b').relativeTo('/a/c/d', { walkUp: true }).toString()).toBe('../../b');
    expect(() => new PurePosixPath('/a/b').relativeTo('c', { walkUp: true })).toThrow(RangeError);
    expect(() => new PurePosixPath('a').relativeTo('../b', { walkUp: true })).toThrow('is not below');
  });

  it('does not turn a name that looks like a drive into one', () => {
    const path = new PureWindowsPath('./c:x');
    expect(path.drive).toBe('');
    expect(new PureWindowsPath(path.toString()).equals(path)).toBe(true);
  });

  it('matches braces, extended patterns, and any number of names', () => {
    const path = new PurePosixPath('/src/a/b/.test.ts');
    expect(path.match('*.{ts,js}')).toBe(true);
    expect(path.match('/src/**/*.ts')).toBe(true);
    expect(path.match('/src/**/*.js')).toBe(false);
    expect(path.match('!(*.ts)')).toBe(false);
  });

  it('refuses braces that stand for more than 1,000 patterns, at once', () => {
    const path = new PurePosixPath('/src/abababab2024');
    expect(path.match(`${'{a,b}'.repeat(8)}{1..2024}`)).toBe(true);
    expect(() => path.match('{a,b}'.repeat(10))).toThrow(
      new RangeError(
        'the braces of the pattern **/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b} stand for more than 1000 patterns; use fewer',
      ),
    );
    expect(() => path.match('{a,b}'.repeat(22))).toThrow('{a,b}{a… stand for more than 1000 patterns');
  });

  it('compares a pattern with a drive and no root with the whole path, as Python does', () => {
    const matches = (path: string, pattern: string): boolean => new PureWindowsPath(path).match(pattern);
    // The results of Python 3.11.
    expect(matches('c:b.py', 'c:*.py')).toBe(true);
    expect(matches('C:b.py', 'c:*.py')).toBe(true);
    expect(matches('c:/b.py', 'c:*.py')).toBe(true);
    expect(matches('c:a/b.py', 'c:*.py')).toBe(false);
    expect(matches('d:b.py', 'c:*.py')).toBe(false);
    expect(matches('b.py', 'c:*.py')).toBe(false);
    expect(matches('c:b.py', '*.py')).toBe(true);
    expect(matches('c:', 'c:')).toBe(true);
    expect(matches('c:b.py', 'c:')).toBe(false);
  });
});
