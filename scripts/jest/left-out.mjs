// Tests that need what another system does not have. They run on Linux; the READMEs say what that leaves untested elsewhere.

const unixPrograms = 'signals, process groups, or small programs of Unix';
const unixSockets = 'sockets in the file system';
const unixFiles = '/proc, permissions, FIFOs, or names that are not UTF-8';
const loopback = 'several addresses of the loopback interface, or ports that listeners share';

/** By system and package: why test files are left out, and which. */
const leftOut = {
  win32: {
    'packages/fs': {
      [unixFiles]: [
        'atomic/write-atomic',
        'entries/entries',
        'faults/disk-full',
        'faults/faults',
        'files/binary-file',
        'files/chunk-reader',
        'files/cursor',
        'files/non-blocking',
        'operations/copy-link',
        'operations/copy-path',
        'operations/remove-tree',
        'path/path',
        'path/temporary-file',
        'pool/in-pool',
        'tail/tail-sequence',
        'walk/glob-sequence',
        'walk/walk-sequence',
        'watch/other-systems',
        'watch/watch-sequence',
      ],
    },
    'packages/net': {
      [unixSockets]: [
        'bridges/http',
        'connecting/closed-meanwhile',
        'faults/stopped-reader',
        'listening/accepted-sockets',
        'serving/shutdown',
        'sockets/contract',
        'sockets/socket-stream',
        'tls/contract',
        'tls/native-tls',
        'unix/unix',
      ],
      [unixPrograms]: ['http/shutdown', 'listening/descriptor-watch', 'undocumented/tls-probe'],
      [loopback]: ['listening/open-tcp-listeners', 'udp/udp-socket'],
    },
    'packages/proc': {
      [unixPrograms]: [
        'inspection',
        'main/main',
        'main/shutdown',
        'process/other-systems',
        'process/process',
        'process/process-group',
        'running/chaos',
        'running/end-process',
        'running/real-programs',
        'running/run-pipeline',
        'running/run-process',
        'running/tee',
        'signals/signal-receiver',
        'standard-streams/open-standard-streams',
      ],
    },
    'packages/parallel': {
      [unixPrograms]: ['chaos/killed-parent', 'chaos/worker-section', 'pool/workers', 'programs/programs'],
    },
    'packages/testing': { [unixSockets]: ['streams/open-stream-to-socket-listener'] },
    'apps/demo': {
      [unixPrograms]: [
        'cli/foreign-clients',
        'cli/function-jobs',
        'cli/many-tails',
        'cli/restart',
        'cli/run-command',
        'cli/serve-command',
        'cli/serve-tls',
        'client/hostile-daemon',
        'daemon/admission',
        'daemon/config',
        'daemon/serve-connection',
        'job-file/parse-job-file',
        'runner/job-attempt',
      ],
      [unixFiles]: ['logs/log-file'],
    },
  },
  darwin: {
    'packages/fs': {
      [unixFiles]: [
        'atomic/write-atomic',
        'entries/entries',
        'faults/disk-full',
        'faults/faults',
        'files/binary-file',
        'files/chunk-reader',
        'operations/copy-path',
        'operations/remove-tree',
        'path/path',
        'tail/tail-sequence',
        'watch/watch-sequence',
      ],
    },
    'packages/net': {
      [loopback]: ['connecting/open-tcp-stream', 'listening/open-tcp-listeners', 'udp/udp-socket'],
      'names of sockets that are not in the file system': ['unix/unix'],
    },
    'packages/proc': {
      '/proc, or numbers of signals': [
        'process/other-systems',
        'running/chaos',
        'running/run-pipeline',
        'running/run-process',
        'signals/signal-receiver',
      ],
    },
    'packages/parallel': { '/proc': ['chaos/worker-section'] },
    'apps/demo': { 'a long queue of connections': ['cli/many-tails'] },
  },
};

/** Patterns of the test files that a system leaves out, for jest. @param folder from the root: `packages/fs`. */
export function leftOutOn(system, folder) {
  return Object.values(leftOut[system]?.[folder] ?? {}).flatMap((files) =>
    files.map((file) => `/test/${file}.test.ts$`),
  );
}

/** The folders of which some tests are left out on a system. */
export const foldersOf = (system) => Object.keys(leftOut[system]);
