// Tests that need something that other systems lack. They run on Linux; the READMEs say what that leaves untested elsewhere.

const WINDOWS = ['win32'];
const MACOS = ['darwin'];
const BOTH = [...WINDOWS, ...MACOS];

const unixPrograms = 'signals, process groups, or small programs of Unix';
const processes = '/proc, or the numbers that signals have on Linux';
const unixFiles = '/proc, permissions, FIFOs, or names that are not UTF-8';
const socketFiles = 'sockets in the file system, or in the abstract namespace of Linux';
const addresses = 'several addresses of the loopback interface, or ports that listeners share';
const backlog = 'a long queue of connections to a socket in the file system';

/** By package: what test files need, the systems that lack it, and the files. */
const leftOut = {
  'packages/fs': [
    {
      need: unixFiles,
      on: BOTH,
      files: [
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
    {
      need: unixFiles,
      on: WINDOWS,
      files: [
        'files/cursor',
        'files/non-blocking',
        'operations/copy-link',
        'path/temporary-file',
        'pool/in-pool',
        'walk/glob-sequence',
        'walk/walk-sequence',
        'watch/other-systems',
      ],
    },
  ],
  'packages/net': [
    {
      need: socketFiles,
      on: WINDOWS,
      files: [
        'bridges/http',
        'connecting/closed-meanwhile',
        'faults/stopped-reader',
        'listening/accepted-sockets',
        'serving/shutdown',
        'sockets/contract',
        'sockets/socket-stream',
        'tls/contract',
        'tls/native-tls',
      ],
    },
    { need: socketFiles, on: BOTH, files: ['unix/unix'] },
    {
      need: unixPrograms,
      on: WINDOWS,
      files: ['http/shutdown', 'listening/descriptor-watch', 'undocumented/tls-probe'],
    },
    { need: addresses, on: MACOS, files: ['connecting/open-tcp-stream'] },
    { need: addresses, on: BOTH, files: ['listening/open-tcp-listeners', 'udp/udp-socket'] },
  ],
  'packages/proc': [
    {
      need: unixPrograms,
      on: WINDOWS,
      files: [
        'inspection',
        'main/main',
        'main/shutdown',
        'process/process',
        'process/process-group',
        'running/end-process',
        'running/real-programs',
        'running/tee',
        'standard-streams/open-standard-streams',
      ],
    },
    {
      need: processes,
      on: BOTH,
      files: [
        'process/other-systems',
        'running/chaos',
        'running/run-pipeline',
        'running/run-process',
        'signals/signal-receiver',
      ],
    },
  ],
  'packages/parallel': [
    {
      need: unixPrograms,
      on: WINDOWS,
      files: ['chaos/killed-parent', 'pool/lost-workers', 'pool/workers', 'programs/programs'],
    },
    { need: processes, on: BOTH, files: ['chaos/worker-section'] },
  ],
  'packages/testing': [{ need: socketFiles, on: WINDOWS, files: ['streams/open-stream-to-socket-listener'] }],
  'apps/demo': [
    {
      need: unixPrograms,
      on: WINDOWS,
      files: [
        'cli/foreign-clients',
        'cli/function-jobs',
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
    },
    { need: unixFiles, on: WINDOWS, files: ['logs/log-file'] },
    { need: backlog, on: BOTH, files: ['cli/many-tails'] },
  ],
};

/** The packages of which some tests are left out on some system: folders from the root, such as `packages/fs`. */
export const folders = Object.keys(leftOut);

/** Patterns of the test files that a system leaves out, for jest. */
export function leftOutOn(system, folder) {
  const entries = leftOut[folder] ?? [];
  return entries
    .filter(({ on }) => on.includes(system))
    .flatMap(({ files }) => files.map((file) => `/test/${file}.test.ts$`));
}
