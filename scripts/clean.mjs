// Removes what the last build of the current package left, so that no file outlives its source.
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
