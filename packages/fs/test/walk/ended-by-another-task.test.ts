import { readdirSync, writeFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { openNursery, sleep } from '@tercet/core';
import type { Path } from '@tercet/fs';
import { inFolder } from '../support/in-folder.ts';

const sequences: Record<string, (folder: Path) => AsyncIterableIterator<unknown>> = {
  iterdir: (folder) => folder.iterdir(),
  walk: (folder) => folder.walk(),
  glob: (folder) => folder.glob('**/*'),
};

it.each(Object.keys(sequences))(
  '%s, ended by another task in the middle of a step, ends for its reader, and leaves nothing open',
  (name) =>
    inFolder(async (folder) => {
      for (let i = 0; i < 40; i++) await folder.join(`folder-${i}`).mkdir();
      for (let i = 0; i < 3000; i++) writeFileSync(folder.join(`file-with-a-long-name-${i}`).toString(), '');
      const before = readdirSync('/proc/self/fd').length;
      for (let round = 0; round < 30; round++) {
        const sequence = sequences[name]!(folder);
        await openNursery((nursery) => {
          nursery.startSoon(async () => {
            for await (const entry of sequence) void entry;
          });
          nursery.startSoon(async () => {
            // Another moment in each round: when the directory is opened, read, or done with.
            for (let turn = 0; turn < round; turn++) await sleep(0);
            await sequence.return!();
          });
        });
      }
      expect(readdirSync('/proc/self/fd')).toHaveLength(before);
    })(),
);
