import { existsSync } from 'node:fs';
import { forPackage } from '../../jest.preset.js';

// A database cannot come from the npm registry. Without one its tests are left out on a developer's machine; CI on Linux, which
// installs Debian's package, must have it.
const hasPostgres = existsSync('/usr/lib/postgresql') || (process.platform === 'linux' && process.env.CI !== undefined);

export default {
  ...forPackage(import.meta.dirname, hasPostgres ? [] : ['postgres']),
  maxWorkers: 2,
};
