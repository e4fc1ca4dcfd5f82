import { existsSync } from 'node:fs';
import { forPackage } from '../../jest.preset.js';

// Redis cannot come from the npm registry. Without it its tests are left out on a developer's machine; CI on Linux, which
// installs Debian's package, must have it. The long ones are for `npm run test:engine`.
const hasRedis = existsSync('/usr/bin/redis-server') || (process.platform === 'linux' && process.env.CI !== undefined);
const isLong = process.env.TERCET_LONG !== undefined;

export default {
  ...forPackage(import.meta.dirname, [
    ...(hasRedis ? [] : ['engine/redis']),
    ...(isLong ? [] : ['engine/redis-chaos']),
  ]),
  globalSetup: './scripts/build-worker.mjs',
};
