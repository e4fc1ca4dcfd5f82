// Runs turbo without its telemetry. The tests' cache key gets the version of Node, which turbo itself leaves out.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const turbo = fileURLToPath(new URL('../node_modules/turbo/bin/turbo', import.meta.url));
const { status } = spawnSync(process.execPath, [turbo, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TERCET_RUNTIME: process.version },
});
process.exit(status ?? 1);
