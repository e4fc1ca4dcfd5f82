import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, parse } from 'node:path';
import { childText } from '../lexical/child-text.ts';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';

/** An entry of a directory. */
export interface Place {
  readonly directory: string;
  readonly name: string;
}

const SEPARATOR = process.platform === 'win32' ? /[\\/]+/ : /\/+/;
const MOST_LINKS = 40;

/**
 * The entries that an absolute path depends on: each link on the way, and the last name. When one of them is created, removed
 * or replaced, the path may lead to another file. The list ends with the first name that does not exist.
 */
export function pathDependencies(path: string): Place[] {
  const places: Place[] = [];
  let { root: at } = parse(path);
  let names = path.slice(at.length).split(SEPARATOR);
  for (let links = 0; names.length > 0 && links <= MOST_LINKS;) {
    const [name = '', ...rest] = names;
    names = rest;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const next = childText(at, name);
    const found = whatIs(next);
    if (found !== 'entry' || names.length === 0) places.push({ directory: at, name });
    if (found === 'nothing') break;
    if (found === 'entry') {
      at = next;
      continue;
    }
    links++;
    const { root } = parse(found.target);
    if (root !== '') at = root;
    names = [...found.target.slice(root.length).split(SEPARATOR), ...names];
  }
  return places;
}

function whatIs(path: string): { readonly target: string } | 'entry' | 'nothing' {
  try {
    if (!lstatSync(nativePath(path)).isSymbolicLink()) return 'entry';
    return { target: decodePath(readlinkSync(nativePath(path), 'buffer')) };
  } catch {
    // It does not exist, or is not accessible: the list ends here.
    return 'nothing';
  }
}
