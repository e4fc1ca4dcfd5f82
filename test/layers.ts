/** Which `@tercet` packages each package may import. An arrow points down only, and what is not listed is not allowed. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  core: [],
  context: ['core'],
  sync: ['core'],
  streams: ['core', 'sync'],
  net: ['core', 'sync', 'streams'],
  fs: ['core', 'sync', 'streams'],
  proc: ['core', 'sync', 'streams'],
  testing: ['core', 'sync', 'streams'],
  pipeline: ['core', 'sync', 'streams'],
  parallel: ['core', 'context', 'sync'],
  'eslint-plugin': [],
};

/** Packages that run on nothing but `@tercet` and the platform. */
export const withoutRuntimeDependencies: readonly string[] = [
  'core',
  'context',
  'sync',
  'streams',
  'pipeline',
  'parallel',
];

/** All that core uses of Node, so that it works unchanged on Node, Bun and Deno. */
export const platformOfCore: readonly string[] = ['node:async_hooks', 'node:diagnostics_channel'];

/** The faces that packages show each other, by package, as paths below its name. */
export const entryPoints: Readonly<Record<string, readonly string[]>> = {
  core: ['.', './lowlevel'],
  context: ['.'],
  sync: ['.'],
  streams: ['.', './lowlevel'],
  net: ['.', './testing'],
  fs: ['.'],
  proc: ['.'],
  testing: ['.'],
  pipeline: ['.'],
  parallel: ['.', './worker', './engine'],
  'eslint-plugin': ['.'],
};

/**
 * The folders below `src` of each workspace, as floors: the lowest first. Value imports between them only go down; types may
 * look up, because they are gone when the code runs. Files in no folder, such as the entry points, are the roof.
 */
export const floors: Readonly<Record<string, readonly string[]>> = {
  core: [
    'errors',
    'platform',
    'probes',
    'undocumented',
    'frames',
    'foreign',
    'time',
    'ordering',
    'waiting',
    'cancellation',
    'tasks',
    'observing',
    'running',
    'bridges',
    'combinators',
    'portals',
  ],
  context: [],
  parallel: [
    'naming',
    'boundary',
    'protocol',
    'serving',
    'workers',
    'pool',
    'calling',
    'lifetimes',
    'engine',
    'engine-memory',
    'engine-redis',
  ],
  'eslint-plugin': ['syntax', 'tercet', 'defining', 'fixing', 'catching', 'rules', 'oxlint'],
  demo: [
    'owner',
    'text',
    'input',
    'job-file',
    'reading',
    'logs',
    'protocol',
    'runner',
    'report',
    'client',
    'daemon',
    'cli',
  ],
  fs: [
    'lexical',
    'pool',
    'sequences',
    'steps',
    'files',
    'operations',
    'temporary',
    'walk',
    'watch',
    'tail',
    'atomic',
    'path',
  ],
  net: ['undocumented', 'addresses', 'sockets', 'connecting', 'listening', 'serving', 'udp', 'unix', 'tls', 'http'],
  proc: ['signals', 'standard-streams', 'undocumented', 'pipes', 'process', 'running', 'main'],
  pipeline: ['describing', 'running', 'sections', 'combining', 'splitting', 'flows', 'tapping', 'bytes'],
  sync: ['arguments', 'events', 'locks', 'channels', 'limits', 'selecting'],
  streams: ['interfaces', 'contract', 'memory', 'queues', 'lines', 'composed', 'node', 'web'],
  testing: ['platform', 'assertions', 'streams', 'time', 'running', 'contracts', 'exploring'],
};
