// The exports of the packages as the rules know them: names only, so that they work without type information. A test compares
// the tables with the interfaces of the packages, in both directions.

/** Where a name comes from. The name is `*` for all that a module exports. */
export interface Export {
  readonly package: string;
  readonly name: string;
}

/** The functions that begin an operation: the promise they return has to be awaited in the scope that made it. */
export const operations: Readonly<Record<string, ReadonlySet<string>>> = {
  '@tercet/core': new Set([
    'abandonable',
    'abortable',
    'all',
    'any',
    'cancelShieldedCheckpoint',
    'checkpoint',
    'checkpointIfCancelled',
    'failAfter',
    'failAt',
    'handleGroup',
    'mapConcurrent',
    'moveOnAfter',
    'moveOnAt',
    'once',
    'openNursery',
    'openPortal',
    'race',
    'retry',
    'shielded',
    'sleep',
    'sleepForever',
    'sleepUntil',
    'suspend',
    'untilShutdown',
    'waitAllTasksBlocked',
  ]),
  '@tercet/sync': new Set(['select']),
  '@tercet/streams': new Set(['closeForcefully']),
  '@tercet/net': new Set([
    'openTcpListeners',
    'openTcpStream',
    'openTlsListeners',
    'openTlsStream',
    'openUdpSocket',
    'openUnixListener',
    'openUnixSocket',
    'serveHttp',
    'serveListeners',
    'serveTcp',
    'serveTls',
    'serveUnix',
  ]),
  '@tercet/fs': new Set(['openFile', 'openTemporaryDirectory', 'openTemporaryFile', 'writeAtomic']),
  '@tercet/proc': new Set(['runPipeline', 'runProcess']),
  '@tercet/testing': new Set([
    'assertCheckpoints',
    'assertNoCheckpoints',
    'checkHalfCloseableStream',
    'checkOneWayStream',
    'checkTwoWayStream',
    'openStreamToSocketListener',
    'waitAllTasksBlocked',
  ]),
  '@tercet/pipeline': new Set(['openPipeline']),
  '@tercet/parallel': new Set(['openEngine', 'openWorkers', 'runInWorker', 'serveJobs', 'withWorkers']),
};

// What several classes have, because they inherit it.
const sending = ['close', 'sendAll', 'waitSendAllMightNotBlock'];
const receiving = ['close', 'receiveSome'];
const opened = ['close', 'flush', 'lock', 'seek', 'stat', 'tell', 'truncate'];
const inspecting = [
  ...['canAccess', 'exists', 'isBlockDevice', 'isCharDevice', 'isDir', 'isFifo', 'isFile', 'isMount', 'isSocket'],
  ...['isSymlink', 'lstat', 'samefile', 'stat', 'statfs'],
];
const changing = [
  ...['chmod', 'hardlinkTo', 'mkdir', 'readlink', 'remove', 'rename', 'replace', 'rmdir', 'symlinkTo', 'truncate'],
  ...['unlink', ...inspecting],
];

/** The methods that begin an operation, by the class of the object. */
export const operationMethods: Readonly<Record<string, ReadonlySet<string>>> = {
  AsyncResource: new Set(['close']),
  AsyncValue: new Set(['waitFor']),
  BinaryFile: new Set([...opened, 'read', 'readInto', 'readLine', 'readLines', 'write']),
  BroadcastSender: new Set(['send']),
  BufferedReceiveStream: new Set([...receiving, 'receiveExactly', 'receiveUntil']),
  CancelScope: new Set(['run']),
  CapacityLimiter: new Set(['acquire', 'acquireOnBehalfOf', 'run']),
  ChangeablePath: new Set(changing),
  Condition: new Set(['acquire', 'run', 'wait']),
  Event: new Set(['wait']),
  Executor: new Set(['map', 'run', 'stream']),
  Flow: new Set(['count', 'drain', 'first', 'forEach', 'open', 'reduce', 'sendTo', 'toArray']),
  HalfCloseableStream: new Set([...receiving, ...sending, 'sendEof']),
  InspectablePath: new Set(inspecting),
  Listener: new Set(['accept', 'close']),
  Lock: new Set(['acquire', 'run']),
  MemoryReceiveChannel: new Set(['receive', 'receiveMany']),
  MemoryReceiveStream: new Set(receiving),
  MemorySendChannel: new Set(['send', 'sendMany']),
  MemorySendStream: new Set([...sending, 'getData']),
  Nursery: new Set(['start']),
  OpenedFile: new Set(opened),
  ParkingLot: new Set(['park']),
  Path: new Set([
    ...[...changing, 'appendBytes', 'appendText', 'open', 'readBytes', 'readText'],
    ...['writeAtomic', 'writeBytes', 'writeText'],
  ]),
  PipeReceiveStream: new Set([...receiving, 'receiveInto']),
  Pipeline: new Set(['finished']),
  Pool: new Set(['close', 'use']),
  Process: new Set(['wait']),
  RateLimiter: new Set(['acquire']),
  ReceiveChannel: new Set(['receive']),
  ReceiveStream: new Set(receiving),
  Semaphore: new Set(['acquire', 'run']),
  SendChannel: new Set(['send']),
  SendStream: new Set(sending),
  Sequencer: new Set(['run']),
  SignalReceiver: new Set(['receive']),
  SocketListener: new Set(['accept', 'close']),
  SocketStream: new Set([...receiving, ...sending, 'receiveInto', 'sendEof']),
  StapledStream: new Set([...receiving, ...sending, 'sendEof']),
  Stream: new Set([...receiving, ...sending]),
  StrictFIFOLock: new Set(['acquire', 'run']),
  TapChannel: new Set(['receive', 'receiveMany']),
  TaskHandle: new Set(['join', 'result']),
  TemporaryFile: new Set(['close']),
  TextFile: new Set([...opened, 'read', 'readLine', 'readLines', 'write']),
  TlsListener: new Set(['accept', 'close']),
  TlsStream: new Set([...receiving, ...sending, 'doHandshake', 'receiveInto']),
  Turns: new Set(['close', 'run']),
  UdpSocket: new Set(['close', 'receive', 'send']),
};

/** The result of a call, or of the promise that it returns: the class of the object, or those of several in an array. */
export const results: Readonly<Record<string, string | readonly string[]>> = {
  copyContext: 'Context',
  openBroadcastChannel: ['BroadcastSender'],
  openMemoryChannel: ['MemorySendChannel', 'MemoryReceiveChannel'],
  openSignalReceiver: 'SignalReceiver',
  openTcpStream: 'SocketStream',
  openTlsStream: 'TlsStream',
  openUdpSocket: 'UdpSocket',
  openUnixListener: 'SocketListener',
  openUnixSocket: 'SocketStream',
  pipeline: 'Flow',
  receiveEvents: 'MemoryReceiveChannel',
  weld: 'ReceiveChannel',
};

/** The same of methods. */
export const methodResults: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Flow: { through: 'Flow' },
  MemoryReceiveChannel: { clone: 'MemoryReceiveChannel' },
  MemorySendChannel: { clone: 'MemorySendChannel' },
  Nursery: { startSoon: 'TaskHandle', startService: 'TaskHandle' },
  Pipeline: { extend: 'Pipeline', tap: 'TapChannel' },
  Portal: { spawn: 'TaskHandle' },
  TapChannel: { clone: 'TapChannel' },
};

/** A call that takes a function and runs it: in a scope, in a task. */
export interface Taking {
  /** The position of the function, or of the array of functions, among the arguments. */
  readonly at: number;
  /** The class of the first argument that the function gets. */
  readonly gives?: string;
  /** The functions are in an array. */
  readonly several?: true;
}

export const takers: Readonly<Record<string, Readonly<Record<string, Taking>>>> = {
  '@tercet/core': {
    abortable: { at: 0 },
    all: { at: 0, several: true },
    any: { at: 0, several: true },
    failAfter: { at: 1, gives: 'CancelScope' },
    failAt: { at: 1, gives: 'CancelScope' },
    mapConcurrent: { at: 1 },
    moveOnAfter: { at: 1, gives: 'CancelScope' },
    moveOnAt: { at: 1, gives: 'CancelScope' },
    openNursery: { at: 0, gives: 'Nursery' },
    openPortal: { at: 0, gives: 'Portal' },
    race: { at: 0, several: true },
    retry: { at: 0 },
    run: { at: 0 },
    shielded: { at: 0, gives: 'CancelScope' },
    spawnSystemTask: { at: 0 },
    untilShutdown: { at: 0, gives: 'CancelScope' },
  },
  '@tercet/pipeline': { openPipeline: { at: 1, gives: 'Pipeline' } },
  '@tercet/proc': { main: { at: 0 } },
  '@tercet/testing': { assertCheckpoints: { at: 0 }, assertNoCheckpoints: { at: 0 }, testRun: { at: 0 } },
};

export const methodTakers: Readonly<Record<string, Readonly<Record<string, Taking>>>> = {
  CancelScope: { run: { at: 0, gives: 'CancelScope' } },
  CapacityLimiter: { run: { at: 0 } },
  Condition: { run: { at: 0 } },
  Flow: { forEach: { at: 0 }, open: { at: 0, gives: 'ReceiveChannel' }, reduce: { at: 0 } },
  Lock: { run: { at: 0 } },
  Nursery: { start: { at: 0, gives: 'TaskStatus' }, startService: { at: 0 }, startSoon: { at: 0 } },
  Pool: { use: { at: 0 } },
  Portal: { call: { at: 0 }, spawn: { at: 0 } },
  Semaphore: { run: { at: 0 } },
  Sequencer: { run: { at: 1 } },
  StrictFIFOLock: { run: { at: 0 } },
};

/** Calls whose function runs under a cancel scope of its own, which ends when the function has ended. */
export const scopes: ReadonlySet<string> = new Set([
  'failAfter',
  'failAt',
  'moveOnAfter',
  'moveOnAt',
  'shielded',
  'untilShutdown',
  'CancelScope.run',
]);

/** Calls that make a task of the function they take. */
export const spawners: ReadonlySet<string> = new Set([
  'Nursery.start',
  'Nursery.startService',
  'Nursery.startSoon',
  'Portal.call',
  'Portal.spawn',
  'main',
  'run',
  'spawnSystemTask',
  'testRun',
]);
