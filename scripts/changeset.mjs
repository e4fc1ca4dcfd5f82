import module from 'node:module';
import { parseArgs } from 'node:util';
import { packagesWithoutChangeset } from './changeset-status.mjs';

const { values, positionals } = parseArgs({ strict: false, options: { since: { type: 'string' } } });
if (positionals[0] === 'status') {
  const missing = packagesWithoutChangeset(values.since);
  if (missing.length > 0) {
    console.error(
      `There is no changeset for ${missing.join(', ')}.\nDescribe what has changed with: npm run changeset`,
    );
    process.exit(1);
  }
}

// Changesets 3 is made for Node 22.11 and later; Node 20 lacks only these four functions of it.
module.enableCompileCache ??= () => undefined;
Promise.withResolvers ??= function withResolvers() {
  const result = {};
  result.promise = new this((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
};
Set.prototype.intersection ??= function intersection(other) {
  return new Set([...this].filter((item) => other.has(item)));
};
Set.prototype.union ??= function union(other) {
  return new Set([...this, ...other]);
};

await import('@changesets/cli');
