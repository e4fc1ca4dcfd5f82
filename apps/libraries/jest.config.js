import { existsSync } from 'node:fs';
import { forPackage } from '../../jest.preset.js';

// A database cannot come from the npm registry. Without one its tests are left out on a developer's machine; CI, which installs
// Debian's package, must have it.
const hasPostgres = existsSync('/usr/lib/postgresql') || process.env.CI !== undefined;

export default {
  ...forPackage(import.meta.dirname),
  maxWorkers: 2,
  testPathIgnorePatterns: hasPostgres ? [] : ['postgres'],
};
