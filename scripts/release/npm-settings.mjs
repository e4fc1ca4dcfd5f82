// Points npm to the registry of @tercet. Everything else remains as npm is configured on this machine, so that outside
// dependencies come from wherever they always do.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The environment of a user, whose folder says where @tercet is: {@link connect}. */
export function userEnvironment() {
  // Variables outrank files.
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_config_(@|local_prefix)/i.test(name));
  const own = { npm_config_noproxy: joined(process.env.npm_config_noproxy), NO_PROXY: joined(process.env.NO_PROXY) };
  // The lock file of an installation is to tell where each package came from.
  return { ...Object.fromEntries(inherited), ...own, npm_config_omit_lockfile_registry_resolved: 'false' };
}

/** Makes npm look for @tercet in this registry alone, in this folder. */
export function connect(folder, registry) {
  writeFileSync(join(folder, '.npmrc'), `@tercet:registry=${registry.url}/\naudit=false\nfund=false\n`);
}

/** The environment of a maintainer, whose npm knows this registry and no other. */
export function publisherEnvironment(folder, registry) {
  const config = join(folder, 'publisher.npmrc');
  const host = registry.url.replace('http:', '');
  const where = `registry=${registry.url}/\n@tercet:registry=${registry.url}/\n`;
  writeFileSync(config, `${where}${host}/:_authToken=rehearsal\n`);
  const inherited = Object.entries(userEnvironment()).filter(
    ([name]) => !/^npm_config_(registry|userconfig)$/i.test(name),
  );
  return { ...Object.fromEntries(inherited), NPM_CONFIG_USERCONFIG: config };
}

function joined(hosts = '') {
  return [...hosts.split(',').filter(Boolean), '127.0.0.1'].join();
}
