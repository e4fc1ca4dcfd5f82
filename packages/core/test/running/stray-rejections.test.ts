import { describe, expect, it, jest } from '@jest/globals';
import { runProgram } from '../programs/run-program.ts';

jest.setTimeout(120_000);

const WELL = { code: 0, stdout: 'goes on\n', stderr: '' };

/** Goes on for a moment, as a server does, and says so. */
const GO_ON = `
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log('goes on');
`;

describe('C-3: a rejection that is nothing but Cancelled does not end the process', () => {
  it.each([
    ['all', 'all([sleepForever])'],
    ['race', 'race([sleepForever])'],
    ['any', 'any([sleepForever])'],
    ['mapConcurrent', 'mapConcurrent([1], sleepForever)'],
    ['openNursery', 'openNursery((n) => void n.startSoon(sleepForever))'],
    ['a native group', 'sleepForever().catch((error) => { throw new AggregateError([error, error]); })'],
    [
      'groups in groups',
      'openNursery((n) => void n.startSoon(() => openNursery((m) => void m.startSoon(sleepForever))))',
    ],
  ])('C-3: a group of them, from %s', async (_, expression) => {
    const ended = await runProgram(`
      import { all, any, mapConcurrent, moveOnAfter, openNursery, race, run, sleepForever } from '@tercet/core';
      await run(() => moveOnAfter(5, async () => {
        const begun = ${expression};
        await new Promise((resolve) => setTimeout(resolve, 30));
        await begun;
      }));
      ${GO_ON}
    `);
    expect(ended).toEqual(WELL);
  });

  it('C-3: the missing await that UnawaitedError has reported', async () => {
    const ended = await runProgram(`
      import { moveOnAfter, openNursery, run, sleepForever } from '@tercet/core';
      await run(async () => {
        try {
          await moveOnAfter(1000, async () => { openNursery((n) => void n.startSoon(sleepForever)); });
        } catch (error) {
          if (error.name !== 'UnawaitedError') throw error;
        }
        ${GO_ON}
      });
    `);
    expect(ended).toEqual(WELL);
  });

  it('C-3: code that was not waiting at the moment of the cancel', async () => {
    const ended = await runProgram(`
      import { CancelScope, run, sleep } from '@tercet/core';
      await run(async () => {
        await new CancelScope().run(async (scope) => {
          scope.cancel();
          void (async () => { await sleep(10); })();
          await sleep(5);
        });
        ${GO_ON}
      });
    `);
    expect(ended).toEqual(WELL);
  });

  it('C-3: code that outlives its scope, and code that outlives its run', async () => {
    const ended = await runProgram(`
      import { CancelScope, run, sleep } from '@tercet/core';
      const foreign = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
      await run(async () => {
        await new CancelScope().run(async () => { void (async () => { await foreign(5); await sleep(1); })(); });
        await foreign(20);
        void (async () => { await foreign(30); await sleep(1); })();
      });
      ${GO_ON}
    `);
    expect(ended).toEqual(WELL);
  });
});

/** How a program ends that has a real rejection. It must be the same with a run that has cancelled something, and without. */
async function compare(setting: { readonly flag?: string; readonly listeners?: string; readonly reason?: string }) {
  const { flag = 'throw', listeners = '', reason = `new TypeError('a real one')` } = setting;
  const program = (cancels: boolean): string => `
    import { moveOnAfter, run, sleepForever } from '@tercet/core';
    process.on('uncaughtExceptionMonitor', (error, origin) => console.log('monitor', String(error.code ?? error), origin));
    process.on('warning', ({ name, message }) => console.log(name, String(message).slice(0, 60)));
    ${listeners}
    const work = async () => { ${cancels ? 'await run(() => moveOnAfter(5, sleepForever));' : ''} };
    await work();
    Promise.reject(${reason});
    setTimeout(() => { console.log('goes on'); Promise.reject(${reason}); }, 20);
    setTimeout(() => console.log('goes on'), 60);
  `;
  const env = { NODE_OPTIONS: `--unhandled-rejections=${flag}` };
  const [bare, cancelling] = await Promise.all([runProgram(program(false), env), runProgram(program(true), env)]);
  const outcome = ({ code, stdout }: typeof bare): unknown => ({ code, stdout });
  return { bare: outcome(bare), cancelling: outcome(cancelling) };
}

const { bun, deno } = process.versions;

it('C-8: a real rejection ends the process, also after stray ones have been forgiven', async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { all, moveOnAfter, run, sleepForever } from '@tercet/core';
    await run(() => moveOnAfter(5, async () => {
      const begun = all([sleepForever]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await begun;
    }));
    console.log('forgiven');
    setTimeout(() => console.log('must not be reached'), 300);
    Promise.reject(new TypeError('a real one'));
  `);
  expect([code, stdout]).toEqual([1, 'forgiven\n']);
  expect(stderr).toContain('a real one');
});

// Other runtimes have neither these flags nor a place to withhold an event.
if ((bun ?? deno) === undefined) {
  describe('C-8: a real rejection is treated as if there were no run', () => {
    it.each(['throw', 'strict', 'warn', 'none', 'warn-with-error-code'])(
      'C-8: with --unhandled-rejections=%s',
      async (flag) => {
        for (const listeners of [
          '',
          `process.on('uncaughtException', (error, origin) => console.log('caught', origin));`,
        ]) {
          const { bare, cancelling } = await compare({ flag, listeners });
          expect(cancelling).toEqual(bare);
        }
      },
    );

    it.each([`'a text'`, 'undefined', 'null', `{ toString() { throw new Error('no text'); } }`])(
      'C-8: where the reason is not an error, but %s',
      async (reason) => {
        const { bare, cancelling } = await compare({
          reason,
          listeners: `process.on('uncaughtException', (error, origin) => { console.log(error.code, origin); process.exitCode = 7; });`,
        });
        expect(bare).toMatchObject({ code: 7 });
        expect(cancelling).toEqual(bare);
      },
    );

    it.each([
      ['hears of it', `process.on('unhandledRejection', (error) => console.log('heard', error.message));`],
      [
        'leaves to Node what it does not know, while it is alone',
        `process.on('unhandledRejection', (error) => { if (process.listenerCount('unhandledRejection') === 1) throw error; });`,
      ],
      ['hears of the first one', `process.once('unhandledRejection', (error) => console.log('heard', error.message));`],
    ])('C-8: where another listener %s', async (_, listeners) => {
      const { bare, cancelling } = await compare({ listeners });
      expect(cancelling).toEqual(bare);
    });

    it("C-8: with two copies of the library in the process, and each forgives the other one's Cancelled", async () => {
      const { code, stdout, stderr } = await runProgram(`
        import { cpSync } from 'node:fs';
        import { fileURLToPath } from 'node:url';
        import * as one from '@tercet/core';
        const copy = new URL('./copy/node_modules/@tercet/core/', import.meta.url);
        cpSync(fileURLToPath(new URL('./node_modules/@tercet/core/', import.meta.url)), fileURLToPath(copy), { recursive: true });
        const two = await import(new URL('dist/index.js', copy).href);
        for (const { all, moveOnAfter, run, sleepForever } of [one, two]) {
          await run(() => moveOnAfter(5, async () => {
            const begun = all([sleepForever]);
            await new Promise((resolve) => setTimeout(resolve, 20));
            await begun;
          }));
        }
        console.log(process.listenerCount('unhandledRejection'));
        setTimeout(() => console.log('must not be reached'), 300);
        Promise.reject(new TypeError('a real one'));
      `);
      expect([code, stdout]).toEqual([1, '0\n']);
      expect(stderr).toContain('a real one');
    });

    it('C-8: with documented functions only, a real rejection ends the process as well', async () => {
      const ended = await runProgram(
        `
          import { all, moveOnAfter, run, sleepForever } from '@tercet/core';
          await run(() => moveOnAfter(5, async () => {
            const begun = all([sleepForever]);
            await new Promise((resolve) => setTimeout(resolve, 20));
            await begun;
          }));
          process.on('uncaughtExceptionMonitor', (error, origin) => console.log(error.code, origin));
          setTimeout(() => console.log('must not be reached'), 300);
          Promise.reject('a text');
        `,
        { TERCET_DOCUMENTED_ONLY: '1' },
      );
      expect(ended).toMatchObject({ code: 1, stdout: 'ERR_UNHANDLED_REJECTION unhandledRejection\n' });
    });

    it('C-3: even if unhandled rejections are exceptions, or a listener ends the program at each of them', async () => {
      const program = (listener: string): string => `
        import { moveOnAfter, run, sleepForever } from '@tercet/core';
        ${listener}
        await run(() => moveOnAfter(5, async () => {
          const begun = sleepForever().then(() => 1);
          await new Promise((resolve) => setTimeout(resolve, 30));
          await begun;
        }));
        ${GO_ON}
      `;
      expect(await runProgram(program(''), { NODE_OPTIONS: '--unhandled-rejections=strict' })).toEqual(WELL);
      expect(await runProgram(program(`process.on('unhandledRejection', () => process.exit(3));`))).toEqual(WELL);
    });
  });
}
