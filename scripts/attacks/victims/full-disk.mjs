// Writes more than its disk holds, in each way that there is.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '@tercet/core';
import { openFile, Path, writeAtomic } from '@tercet/fs';
import { withResource } from '../../with-resource.mjs';
import { descriptors } from '../../process-figures.mjs';
import { obey } from './obey.mjs';

const large = Buffer.alloc(2_000_000);

obey({
  fill: (disk) =>
    run(async () => {
      writeFileSync(join(disk, 'old'), 'old');
      const source = join(disk, '../large');
      writeFileSync(source, large);
      // Node reads its first file with descriptors that stay.
      await new Path(source).readBytes();
      const before = descriptors();
      const ways = {
        writeAtomic: () => writeAtomic(join(disk, 'old'), large),
        writeBytes: () => new Path(disk, 'partial').writeBytes(large),
        copy: () => new Path(source).copy(join(disk, 'copied')),
        write: () => openAnd(disk, (file) => file.write(large)),
        close: () => openAnd(disk, (file) => fillUp(disk, file)),
      };
      const codes = {};
      for (const [name, way] of Object.entries(ways)) {
        codes[name] = 'no error';
        try {
          await way();
        } catch (error) {
          codes[name] = error.code ?? String(error);
        }
        if (name !== 'writeBytes') rmSync(join(disk, 'opened'), { force: true });
      }
      const names = readdirSync(disk);
      return { codes, old: readFileSync(join(disk, 'old'), 'utf8'), names, opened: descriptors() - before };
    }),
});

/** Fills the disk after a small write, which then fails only when the file is closed. */
async function fillUp(disk, file) {
  await file.write(Buffer.alloc(1_000));
  try {
    writeFileSync(join(disk, 'partial'), large);
  } catch {
    // The disk is full now.
  }
}

async function openAnd(disk, body) {
  await withResource(await openFile(join(disk, 'opened'), 'wb'), body);
}
