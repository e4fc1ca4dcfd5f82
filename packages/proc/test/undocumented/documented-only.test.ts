import { expect, it } from '@jest/globals';
import { startProgram } from '../programs/program.ts';

// The pipe that Node makes for the output of a child is a property of its ChildProcess.
const PROGRAM = `
  import { ChildProcess } from 'node:child_process';
  import { run, openNursery } from '@tercet/core';
  import { runProcess } from '@tercet/proc';
  const found = { takenOver: false };
  const spawn = ChildProcess.prototype.spawn;
  let child;
  ChildProcess.prototype.spawn = function (...args) { child = this; return spawn.apply(this, args); };
  await run(() => openNursery(async (nursery) => {
    const cat = await nursery.start((taskStatus) => runProcess('cat', [], { stdin: 'pipe', stdout: 'pipe', taskStatus }));
    found.takenOver = child.stdout._handle === null;
    await cat.stdin.sendAll('hello');
    console.log(Buffer.from(await cat.stdout.receiveSome()).toString(), JSON.stringify(found));
    await cat.stdin.close();
  }));
`;

it.each([
  ['R-16: uses nothing undocumented with TERCET_DOCUMENTED_ONLY=1', '1', false],
  ['R-16: uses undocumented parts of Node otherwise', '', true],
])('%s', async (_title, value, isUsed) => {
  const program = startProgram(PROGRAM, { env: { TERCET_DOCUMENTED_ONLY: value } });
  const { stdout, stderr } = await program.ended;
  expect(stderr).toBe('');
  const [, found = '{}'] = /^hello (.*)\n/.exec(stdout) ?? [];
  expect(JSON.parse(found)).toEqual({ takenOver: isUsed });
});
