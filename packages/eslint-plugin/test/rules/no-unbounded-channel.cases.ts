import { checkRule } from '../rule-cases.ts';

checkRule('no-unbounded-channel', {
  valid: [
    'openMemoryChannel(0);',
    'openMemoryChannel<string>(64);',
    'openMemoryChannel(size);',
    'const size = 16; openMemoryChannel(size);',
    'openMemoryChannel(1_000_000);',
    'openBroadcastChannel({ buffer: 8, overflow: "wait" });',
    'receiveEvents(emitter, "x", { buffer: 100 });',
    'function openMemoryChannels(n: number) {} openMemoryChannels(Infinity);',
    'function f(openMemoryChannel: any) { openMemoryChannel(Infinity); }',
    'const Infinity = 3; openMemoryChannel(Infinity);',
    "import { openMemoryChannel } from './other.js'; import { Event } from '@tercet/sync'; openMemoryChannel(Infinity);",
    "import { buffer } from 'other'; import { map } from '@tercet/pipeline'; buffer(Infinity);",
    'openMemoryChannel();',
    'let size = Infinity; size = 5; openMemoryChannel(size);',
  ],
  invalid: [
    ['openMemoryChannel(Infinity);', 'unbounded', 'rendezvous: openMemoryChannel(0);'],
    ['openMemoryChannel<string>(Infinity);', 'unbounded', 'rendezvous: openMemoryChannel<string>(0);'],
    ['openMemoryChannel(Number.POSITIVE_INFINITY);', 'unbounded', 'rendezvous: openMemoryChannel(0);'],
    ['openMemoryChannel(Number.MAX_SAFE_INTEGER);', 'unbounded', 'rendezvous: openMemoryChannel(0);'],
    ['openMemoryChannel(1 / 0);', 'unbounded', 'rendezvous: openMemoryChannel(0);'],
    ['openMemoryChannel(Infinity as number);', 'unbounded', 'rendezvous: openMemoryChannel(0);'],
    [
      'const unlimited = Infinity; openMemoryChannel(unlimited);',
      'unbounded',
      'rendezvous: const unlimited = Infinity; openMemoryChannel(0);',
    ],
    [
      'openMemoryChannel(Infinity, { overflow: "drop-oldest" });',
      'unbounded',
      'rendezvous: openMemoryChannel(0, { overflow: "drop-oldest" });',
    ],
    ['openBroadcastChannel({ buffer: Infinity, overflow: "wait" });', 'unbounded'],
    ['receiveEvents(emitter, "x", { buffer: Infinity });', 'unbounded'],
    ["import { buffer } from '@tercet/pipeline'; buffer(Infinity);", 'unbounded'],
    [
      "import * as sync from '@tercet/sync'; sync.openMemoryChannel(Infinity);",
      'unbounded',
      "rendezvous: import * as sync from '@tercet/sync'; sync.openMemoryChannel(0);",
    ],
    [
      "const { openMemoryChannel: open } = require('@tercet/sync'); open(Infinity);",
      'unbounded',
      "rendezvous: const { openMemoryChannel: open } = require('@tercet/sync'); open(0);",
    ],
    ['openMemoryChannel(5000);', 'tooLarge', 'rendezvous: openMemoryChannel(0);', { options: [{ max: 1000 }] }],
  ],
});
