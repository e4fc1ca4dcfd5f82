import { describe, expect, it } from '@jest/globals';
import { runProgram, startProgram } from '../programs/program.ts';

const imports = `
  import { moveOnAfter, openNursery, run, sleep } from '@tercet/core';
  import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
  import { main, openStderr, openStdin, openStdout, runProcess } from '@tercet/proc';
  const listeners = (stream) => JSON.stringify(stream.eventNames().map((event) => [event, stream.listenerCount(event)]));
`;

describe('the standard streams of a program', () => {
  it('copy input to output with back-pressure, and let the program end with the input', async () => {
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

  it('let the program end when the input is closed before its end', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        await using input = openStdin();
        console.log(await moveOnAfter(20, () => input.receiveSome()));
      });`);
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'undefined\n' });
  });

  it('do not close the output when they are closed', async () => {
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

  it('break when the reader of the output goes away', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        const output = openStdout();
        try { for (;;) await output.sendAll('x'.repeat(10_000)); }
        catch (error) {
          const again = await output.sendAll('y').catch((reason) => reason.name);
          const waits = await output.waitSendAllMightNotBlock().catch((reason) => reason.name);
          await output.close();
          await openStderr().sendAll([error.name, error.cause.code, again, waits].join(' '));
        }
      });`);
    program.child.stdout.destroy();
    const stderr = 'BrokenResourceError EPIPE BrokenResourceError BrokenResourceError';
    expect(await program.ended).toMatchObject({ code: 0, stderr });
  });
});

describe('an output', () => {
  it('I-4: has one set of listeners for any number of streams, and none when all are closed', async () => {
    const { stdout, stderr } = await runProgram(`${imports}
      const before = listeners(process.stdout);
      await run(async () => {
        const streams = [];
        for (let i = 0; i < 15; i++) {
          const output = openStdout();
          streams.push(output);
          await output.sendAll('');
        }
        const most = process.stdout.listenerCount('error');
        await openNursery((nursery) => { for (const stream of streams) nursery.startSoon(() => stream.sendAll('x')); });
        for (const stream of streams) await stream.close();
        console.error(most, listeners(process.stdout) === before);
      });`);
    expect({ stdout, stderr }).toEqual({ stdout: 'x'.repeat(15), stderr: '1 true\n' });
  });

  it('I-4: may be written to by two tasks through two streams, but not through one', async () => {
    const program = startProgram(`${imports}
      await run(async () => {
        const [one, two] = [openStdout(), openStdout()];
        await openNursery(async (nursery) => {
          nursery.startSoon(() => one.sendAll('1'.repeat(1_000_000)));
          nursery.startSoon(() => two.sendAll('2'.repeat(1_000_000)));
          await waitAllTasksBlocked();
          console.error(await one.sendAll('3').catch((error) => error.name), await one.waitSendAllMightNotBlock().catch((error) => error.name));
        });
        console.error('sent');
      });`);
    await program.says('BusyResourceError BusyResourceError');
    const { stdout, stderr } = await program.ended;
    expect(stdout).toBe('1'.repeat(1_000_000) + '2'.repeat(1_000_000));
    expect(stderr).toMatch(/sent\n$/);
  });

  it('is not broken by a cancelled sendAll, which breaks only its own stream', async () => {
    const program = startProgram(`${imports}
      await run(async () => {
        const output = openStdout();
        await moveOnAfter(20, () => output.sendAll('x'.repeat(5_000_000)));
        console.error(await output.sendAll('y').catch((error) => error.message));
        await output.close();
        await using another = openStdout();
        await another.sendAll('z');
      });`);
    program.child.stdout.pause();
    await program.says('an unknown part of its data');
    program.child.stdout.resume();
    const { stdout } = await program.ended;
    expect(stdout.length).toBe(5_000_001);
  });

  it('close waits until everything is written, and fails a pending sendAll', async () => {
    const program = startProgram(`${imports}
      await run(() => openNursery(async (nursery) => {
        const output = openStdout();
        nursery.startSoon(() => output.sendAll('x'.repeat(5_000_000)).catch((error) => console.error(error.name)));
        await waitAllTasksBlocked();
        await output.close();
      }));`);
    program.child.stdout.pause();
    await program.says('ClosedResourceError');
    program.child.stdout.resume();
    expect((await program.ended).stdout.length).toBe(5_000_000);
  });

  it('I-3: fails a waiting sendAll when the reader goes away', async () => {
    const program = startProgram(`${imports}
      await run(() => openNursery(async (nursery) => {
        const output = openStdout();
        nursery.startSoon(async () => {
          try { await output.sendAll('x'.repeat(5_000_000)); } catch (error) { console.error(error.name); }
        });
        await waitAllTasksBlocked();
        console.error('waits');
      }));`);
    program.child.stdout.pause();
    await program.says('waits');
    program.child.stdout.destroy();
    expect(await program.ended).toMatchObject({ code: 0, stderr: 'waits\nBrokenResourceError\n' });
  });
});

describe('an output that fails synchronously, as a file does', () => {
  it.each([
    ['openStdout()', `await openStdout().sendAll('x')`],
    ["'tee'", `await runProcess('sh', ['-c', 'echo x; exec sleep 1000'], { captureStdout: 'tee' })`],
  ])('I-2: breaks %s, but not the program', async (_what, write) => {
    const ended = await runProgram(`${imports}
      await main(async () => {
        process.stdout.write = () => { throw Object.assign(new Error('no space'), { code: 'ENOSPC' }); };
        try { ${write}; } catch (error) { console.error(error.name, error.cause.code); }
      });`);
    expect(ended).toMatchObject({ code: 0, stderr: 'BrokenResourceError ENOSPC\n' });
  });
});

describe('the input', () => {
  it('I-4: is shared by all its streams: each byte is received once', async () => {
    const program = startProgram(`${imports}
      const before = listeners(process.stdin);
      await run(async () => {
        const [one, two] = [openStdin(), openStdin()];
        console.log(process.stdin.listenerCount('data'));
        const receive = async (stream, most) => console.log(Buffer.from(await stream.receiveSome(most)).toString());
        await receive(one, 2);
        await receive(two, 2);
        await one.close();
        console.log(await one.receiveSome().catch((error) => error.name));
        await receive(two);
        await two.close();
        console.log(listeners(process.stdin) === before);
      });`);
    program.child.stdin.write('abcdef');
    expect(await program.ended).toMatchObject({ stdout: '1\nab\ncd\nClosedResourceError\nef\ntrue\n', stderr: '' });
  });

  it('I-4: keeps bytes read ahead for the next stream', async () => {
    const program = startProgram(`${imports}
      await run(async () => {
        for (let i = 0; i < 3; i++) {
          await using input = openStdin();
          console.log(Buffer.from(await input.receiveSome(2)).toString());
        }
        await using input = openStdin();
        console.log(await input.receiveSome());
      });`);
    program.child.stdin.end('abcdef');
    expect(await program.ended).toMatchObject({ stdout: 'ab\ncd\nef\nnull\n', stderr: '' });
  });

  it('goes on for one stream when the other is closed', async () => {
    const program = startProgram(`${imports}
      await run(() => openNursery(async (nursery) => {
        const [one, two] = [openStdin(), openStdin()];
        nursery.startSoon(() => one.receiveSome().catch((error) => console.log(error.name)));
        await waitAllTasksBlocked();
        console.log(await two.receiveSome().catch((error) => error.name));
        await one.close();
        nursery.startSoon(async () => console.log(Buffer.from(await two.receiveSome()).toString()));
        await waitAllTasksBlocked();
        await one.close();
        console.log('closed');
      }));`);
    await program.says('closed');
    program.child.stdin.end('x');
    expect(await program.ended).toMatchObject({
      stdout: 'BusyResourceError\nClosedResourceError\nclosed\nx\n',
      stderr: '',
    });
  });
});
