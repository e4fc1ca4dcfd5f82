import type { Flavour } from './flavour.ts';
import { posix } from './posix-flavour.ts';
import { windows } from './windows-flavour.ts';

/** The rules of the system that this process runs on. */
export const native: Flavour = process.platform === 'win32' ? windows : posix;
