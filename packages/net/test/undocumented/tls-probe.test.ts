import { expect, it } from '@jest/globals';
import { runProgram } from '../programs/program.ts';

it('without descriptors the probe of TLS gives no answer, ends nothing, leaves nothing open, and is tried again', async () => {
  const program = runProgram(
    `
    import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { worksNatively } from './src/undocumented/tls-probe.ts';
    const target = (descriptor) => { try { return readlinkSync('/dev/fd/' + descriptor); } catch { return ''; } };
    const sockets = () => readdirSync('/dev/fd').map(target).filter((name) => name.startsWith('socket:')).length;
    const before = sockets();
    for (let free = 0; free < 3; free++) {
      const taken = [];
      try { for (;;) taken.push(openSync('/dev/null')); } catch {}
      for (const descriptor of taken.splice(0, free)) closeSync(descriptor);
      const answer = await worksNatively();
      for (const descriptor of taken) closeSync(descriptor);
      if (answer) console.log('answered with', free);
    }
    while (sockets() > before) await sleep(10);
    console.log(\`in the end \${await worksNatively()}.\`);
  `,
    'export TERCET_DOCUMENTED_ONLY=; ulimit -n 100',
  );
  const [text] = await program.says(/in the end.*(?=\.)/);
  expect([text, program.output.trim()]).toEqual(['in the end true', 'in the end true.']);
});
