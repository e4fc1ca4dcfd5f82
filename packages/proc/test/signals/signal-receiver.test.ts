import { describe, expect, it } from '@jest/globals';
import { openSignalReceiver } from '@tercet/proc';
import { runProgram, startProgram } from '../programs/program.ts';

const imports = `
  import { openNursery, moveOnAfter, run, sleep } from '@tercet/core';
  import { waitAllTasksBlocked } from '@tercet/core/lowlevel';
  import { main, openSignalReceiver } from '@tercet/proc';
  const raise = (...signals) => { for (const signal of signals) process.kill(process.pid, signal); };
  const say = (...values) => console.log(...values);
  const error = (error) => say(error.name + ':', error.message);
`;

/** The standard output of the program, as lines. */
async function outputOf(body: string): Promise<string[]> {
  const { code, signal, stdout, stderr } = await runProgram(`${imports} await run(async () => { ${body} });`);
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return stdout.trimEnd().split('\n');
}

describe('openSignalReceiver', () => {
  it('SIG-001: the same signal raised three times is received once, and again when it is raised later', async () => {
    const output = await outputOf(`
      const receiver = openSignalReceiver('SIGUSR2');
      raise('SIGUSR2', 'SIGUSR2', 'SIGUSR2');
      await sleep(500);
      say(await receiver.receive());
      say(await moveOnAfter(20, () => receiver.receive()));
      raise('SIGUSR2');
      say(await receiver.receive());`);
    expect(output).toEqual(['SIGUSR2', 'undefined', 'SIGUSR2']);
  });

  it('KI-004, SIG-001: earlier listeners get nothing while it is open, and get the signals back at the end', async () => {
    const output = await outputOf(`
      const listener = (signal, number) => say('listener', signal, number);
      process.on('SIGUSR2', listener);
      {
        using receiver = openSignalReceiver('SIGUSR2');
        raise('SIGUSR2');
        say('receiver', await receiver.receive());
      }
      raise('SIGUSR2');
      await sleep(20);
      say(process.listeners('SIGUSR2').length);`);
    expect(output).toEqual(['receiver SIGUSR2', 'listener SIGUSR2 12', '1']);
  });

  it('SIG-001: receiving throws StateError after the close, and in a task that is waiting', async () => {
    const output = await outputOf(`
      const receiver = openSignalReceiver('SIGUSR2');
      await openNursery(async (nursery) => {
        nursery.startSoon(() => receiver.receive().catch(error));
        await waitAllTasksBlocked();
        receiver.close();
        receiver.close();
      });
      await receiver.receive().catch(error);`);
    expect(output).toEqual([expect.stringMatching(/^StateError: .* closed/), expect.stringMatching(/^StateError/)]);
  });

  it('SIG-001: without an earlier listener, the default action is restored', async () => {
    const { signal } = await runProgram(`${imports}
      await run(async () => {
        openSignalReceiver('SIGUSR2').close();
        raise('SIGUSR2');
        await sleep(1000);
      });`);
    expect(signal).toBe('SIGUSR2');
  });

  it('SIG-003: without a signal it throws TypeError', () => {
    expect(() => openSignalReceiver()).toThrow(TypeError);
  });

  it('SIG-004: a signal named twice counts once', async () => {
    const output = await outputOf(`
      process.on('SIGUSR2', () => say('listener'));
      const receiver = openSignalReceiver('SIGUSR2', 'SIGUSR2');
      raise('SIGUSR2');
      say(await receiver.receive());
      receiver.close();
      raise('SIGUSR2');
      await sleep(500);`);
    expect(output).toEqual(['SIGUSR2', 'listener']);
  });

  it('SIG-005: in a worker thread it throws StateError', async () => {
    const output = await outputOf(`
      const { Worker } = await import('node:worker_threads');
      const worker = new Worker(
        'import(' + JSON.stringify(import.meta.resolve('@tercet/proc')) + ').then((p) => p.openSignalReceiver("SIGUSR2")).catch((e) => console.log(e.name))',
        { eval: true });
      await new Promise((resolve) => worker.on('exit', resolve));`);
    expect(output).toEqual(['StateError']);
  });

  it('SIG-006: refuses a second task while one is waiting, which is not affected', async () => {
    const output = await outputOf(`
      using receiver = openSignalReceiver('SIGUSR2');
      await openNursery(async (nursery) => {
        nursery.startSoon(async () => say(await receiver.receive()));
        await waitAllTasksBlocked();
        await receiver.receive().catch(error);
        raise('SIGUSR2');
      });`);
    expect(output).toEqual([expect.stringMatching(/^BusyResourceError/), 'SIGUSR2']);
  });

  it('G-150: receives different signals in the order of arrival, and none can overtake another', async () => {
    const output = await outputOf(`
      using receiver = openSignalReceiver('SIGUSR1', 'SIGUSR2');
      raise('SIGUSR2');
      await sleep(20);
      raise('SIGUSR1');
      await sleep(20);
      raise('SIGUSR2');
      await sleep(20);
      for (let i = 0; i < 4; i++) {
        const signal = await receiver.receive();
        say(signal);
        raise(signal);
        await sleep(20);
      }
      await receiver.receive();
      await receiver.receive();`);
    expect(output).toEqual(['SIGUSR2', 'SIGUSR1', 'SIGUSR2', 'SIGUSR1']);
  });

  it('G-150: raises signals that were not received again, for every listener, even if some throw', async () => {
    const output = await outputOf(`
      process.on('SIGUSR1', () => { throw new Error('one'); });
      process.on('SIGUSR2', () => { say('two'); throw new Error('two'); });
      const receiver = openSignalReceiver('SIGUSR1', 'SIGUSR2');
      raise('SIGUSR1');
      await sleep(20);
      raise('SIGUSR2');
      await sleep(20);
      try { receiver.close(); } catch (error) { say(error.name, error.errors.map(({ message }) => message)); }`);
    expect(output).toEqual(['two', "ExceptionGroup [ 'one', 'two' ]"]);
  });

  it('G-150: raises signals again for the default action if there was no earlier listener', async () => {
    const { signal, stdout } = await runProgram(`${imports}
      await run(async () => {
        const receiver = openSignalReceiver('SIGUSR2');
        raise('SIGUSR2');
        await sleep(20);
        console.log('received by nobody');
        receiver.close();
        await sleep(1000);
      });`);
    expect({ signal, stdout }).toEqual({ signal: 'SIGUSR2', stdout: 'received by nobody\n' });
  });

  it('G-150: receivers may be closed in any order, and the right listeners are restored', async () => {
    const output = await outputOf(`
      process.on('SIGUSR2', () => say('listener'));
      const outer = openSignalReceiver('SIGUSR2');
      const inner = openSignalReceiver('SIGUSR2');
      outer.close();
      raise('SIGUSR2');
      say('inner', await inner.receive());
      inner.close();
      raise('SIGUSR2');
      await sleep(20);
      say(process.listenerCount('SIGUSR2'));`);
    expect(output).toEqual(['inner SIGUSR2', 'listener', '1']);
  });

  it('G-150: takes no signal if one of the names is wrong', () => {
    const before = process.listenerCount('SIGUSR2');
    expect(() => openSignalReceiver('SIGUSR2', 'SIGNOTHING' as NodeJS.Signals)).toThrow(RangeError);
    expect(() => openSignalReceiver('SIGUSR2', 'SIGKILL')).toThrow(/SIGKILL cannot be received/);
    expect(() => openSignalReceiver('SIGUSR2', 9 as never)).toThrow(TypeError);
    expect(process.listenerCount('SIGUSR2')).toBe(before);
  });

  it('keeps the process alive only while a task waits', async () => {
    const program = startProgram(`${imports}
      await run(async () => {
        using receiver = openSignalReceiver('SIGHUP');
        say('ready');
        for await (const signal of receiver) { say(signal); break; }
        say(await moveOnAfter(20, () => receiver.receive()));
      });`);
    await program.says('ready');
    // Real time: a real process needs time to end.
    await new Promise((resolve) => setTimeout(resolve, 100));
    program.child.kill('SIGHUP');
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'ready\nSIGHUP\nundefined\n' });
  });

  it('takes a signal from main, and gives it back', async () => {
    const program = startProgram(`${imports}
      await main(async () => {
        {
          using receiver = openSignalReceiver('SIGTERM');
          say('ready');
          say(await receiver.receive());
        }
        say('again');
        await sleep(10_000);
      });`);
    await program.says('ready');
    program.child.kill('SIGTERM');
    await program.says('again');
    program.child.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 143, stdout: 'ready\nSIGTERM\nagain\n' });
  });
});
