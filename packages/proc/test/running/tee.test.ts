import { describe, expect, it } from '@jest/globals';
import { runProgram } from '../programs/program.ts';

const SHOUT = `await runProcess('sh', ['-c', 'echo out; echo err >&2'], { captureStdout: 'tee', captureStderr: 'tee' })`;

describe("'tee'", () => {
  it('shows what a process writes, and captures it too', async () => {
    const ended = await runProgram(`
      import { main, runProcess } from '@tercet/proc';
      await main(async () => {
        const { stdoutText, stderrText } = ${SHOUT};
        console.log(JSON.stringify([stdoutText, stderrText]));
      });
    `);
    expect(ended).toEqual({ code: 0, signal: null, stdout: 'out\n["out\\n","err\\n"]\n', stderr: 'err\n' });
  });
});
