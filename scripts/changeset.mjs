// Changesets 3 is made for Node 22.11 and later; Node 20 lacks only these four functions of it.
import module from 'node:module';

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
