import { readdir, stat } from 'node:fs';
import type { Dirent } from 'node:fs';
import { decodePath, nativePath } from '../lexical/path-bytes.ts';
import type { Done } from '../pool/in-pool.ts';

/** The entries of a directory, in the order of the system. Links to directories are in `dirs` if links are followed. */
export interface Listing {
  readonly dirs: string[];
  readonly files: string[];
  /** Identifies the directory under any path. Set only if links are followed. */
  readonly identity?: string;
}

/**
 * Reads a whole directory.
 *
 * Node decodes names that are not UTF-8 to ones with U+FFFD, which do not exist on the disk. Only if there is such a name, the
 * directory is read again as bytes, which is slower.
 */
export function listDirectory(path: string, follow: boolean, done: Done<Listing>): void {
  readdir(nativePath(path), { withFileTypes: true }, (error, entries) => {
    if (error) return done(error);
    const listing = { dirs: [], files: [] };
    const links: string[] = [];
    if (sort(entries, (entry) => entry.name, listing, follow ? links : listing.files)) {
      return follow ? followLinks(path, listing, links, done) : done(null, listing);
    }
    listAsBytes(path, follow, done);
  });
}

function listAsBytes(path: string, follow: boolean, done: Done<Listing>): void {
  readdir(nativePath(path), { withFileTypes: true, encoding: 'buffer' as 'utf8' }, (error, entries) => {
    if (error) return done(error);
    const listing = { dirs: [], files: [] };
    const links: string[] = [];
    sort(entries, (entry) => decodePath(entry.name as unknown as Uint8Array), listing, follow ? links : listing.files);
    if (follow) followLinks(path, listing, links, done);
    else done(null, listing);
  });
}

/** @returns false if a name was perhaps not decoded faithfully. */
function sort(entries: Dirent[], nameOf: (entry: Dirent) => string, listing: Listing, links: string[]): boolean {
  const { dirs, files } = listing;
  let faithful = true;
  for (const entry of entries) {
    const name = nameOf(entry);
    if (name.includes('\uFFFD')) faithful = false;
    (entry.isDirectory() ? dirs : entry.isSymbolicLink() ? links : files).push(name);
  }
  return faithful;
}

function followLinks(path: string, listing: Listing, links: string[], done: Done<Listing>): void {
  stat(nativePath(path), { bigint: true }, (error, own) => {
    if (error) return done(error);
    const next = (): void => {
      const name = links.pop();
      if (name === undefined) return done(null, { ...listing, identity: `${own.dev}:${own.ino}` });
      stat(nativePath(`${path}/${name}`), (broken, stats) => {
        (broken === null && stats.isDirectory() ? listing.dirs : listing.files).push(name);
        next();
      });
    };
    next();
  });
}
