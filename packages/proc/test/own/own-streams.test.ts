import { describe, expect, it } from '@jest/globals';
import { startProgram } from '../programs/program.ts';

const imports = `
  import { moveOnAfter, run, sleep } from '@tercet/core';
  import { main, openStderr, openStdin, openStdout } from '@tercet/proc';
`;

describe('the streams of the program itself', () => {
  it('carry what comes in to what goes out, with back-pressure, and end the program with the input', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        await using input = openStdin();
        await using output = openStdout();
        for await (const chunk of input) await output.sendAll(chunk);
      });`);
    const text = 'x'.repeat(3_000_000);
    program.child.stdin.end(text);
    expect(await program.ended).toEqual({ code: 0, signal: null, stdout: text, stderr: '' });
  });

  it('do not hold the program when the input is closed before its end', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        await using input = openStdin();
        console.log(await moveOnAfter(20, () => input.receiveSome()));
      });`);
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'undefined\n' });
  });

  it('leave the output open when they are closed', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        const output = openStdout();
        const errors = openStderr();
        await output.sendAll('one\\n');
        await output.close();
        await output.close();
        await errors.sendAll('error\\n');
        await output.sendAll('').catch((error) => console.log(error.name));
        console.log('two');
      });`);
    expect(await program.ended).toMatchObject({ stdout: 'one\nClosedResourceError\ntwo\n', stderr: 'error\n' });
  });

  it('break when nobody reads the output any more', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        const output = openStdout();
        try { for (;;) await output.sendAll('x'.repeat(10_000)); }
        catch (error) { await openStderr().sendAll(error.name); }
      });`);
    program.child.stdout.destroy();
    expect(await program.ended).toMatchObject({ code: 0, stderr: 'BrokenResourceError' });
  });
});
