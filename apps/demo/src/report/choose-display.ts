import type { Display } from './display.ts';
import { jsonDisplay } from './json-display.ts';
import { plainDisplay } from './plain-display.ts';
import { terminalDisplay } from './terminal-display.ts';

/** A moving display for a person at a terminal; lines for files, pipes and programs. */
export function chooseDisplay(stream: NodeJS.WriteStream, { json }: { readonly json?: boolean | undefined }): Display {
  if (json === true) return jsonDisplay(stream);
  return isWatched(stream) ? terminalDisplay(stream) : plainDisplay(stream);
}

/** CI systems often have a terminal that no one sees, or one without a size. */
function isWatched({ isTTY, rows, columns }: NodeJS.WriteStream): boolean {
  return isTTY && rows > 0 && columns > 0 && process.env['CI'] === undefined;
}
