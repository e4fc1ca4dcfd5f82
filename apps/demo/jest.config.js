import { existsSync } from 'node:fs';
import { forPackage } from '../../jest.preset.js';

// Redis cannot come from the npm registry. Without it the sample with two daemons is left out on a developer's machine; CI on
// Linux, which installs Debian's package, must have it.
const hasRedis = existsSync('/usr/bin/redis-server') || (process.platform === 'linux' && process.env.CI !== undefined);

// Most tests wait for programs that they have started.
export default {
  ...forPackage(import.meta.dirname, hasRedis ? [] : ['shared-runs']),
  maxWorkers: 2,
};
