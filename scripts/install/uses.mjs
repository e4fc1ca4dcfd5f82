// A small use of each package that is installed alone: it may import nothing but the package itself. Each is the body of
// an async function in which `it` is the package; beside it stands what it returns.
export const uses = {
  '@tercet/core': {
    body: `
      const sleeper = async () => { await it.sleep(1); return 'slept'; };
      return await it.run(() => it.failAfter({ minutes: 1 }, sleeper));`,
    result: 'slept',
  },
  '@tercet/context': { body: `return new it.ContextVar('name', { default: 'a default' }).get();`, result: 'a default' },
  '@tercet/sync': {
    body: `
      const [send, receive] = it.openMemoryChannel(1);
      send.sendNowait('an item');
      return receive.receiveNowait();`,
    result: 'an item',
  },
  '@tercet/streams': {
    body: `
      const { Readable } = await import('node:stream');
      return typeof it.fromReadable(Readable.from(['text'], { objectMode: false })).receiveSome;`,
    result: 'function',
  },
  '@tercet/net': {
    body: `return it.formatAddress({ family: 'IPv6', address: '::1', port: 80 });`,
    result: '[::1]:80',
  },
  '@tercet/fs': { body: `return new it.PurePosixPath('/folder/name.txt').stem;`, result: 'name' },
  '@tercet/proc': {
    body: `
      let text = '';
      await it.main(async () => {
        const result = await it.runProcess(process.execPath, ['-p', '6 * 7'], { captureStdout: true });
        text = result.stdoutText.trim();
      });
      return text;`,
    result: '42',
    // `main` is for programs: it takes the signals of the process, which belong to the test runner.
    test: { body: `return typeof it.runProcess;`, result: 'function' },
  },
  '@tercet/testing': {
    body: `
      let state = 'not run';
      await it.testRun(async () => { state = 'tested'; })();
      return state;`,
    result: 'tested',
  },
  '@tercet/pipeline': {
    body: `return typeof it.pipeline([1, 2], it.map((item) => item * 2)).toArray;`,
    result: 'function',
  },
  '@tercet/parallel': { body: `return typeof it.remote('node:os').platform;`, result: 'function' },
  '@tercet/eslint-plugin': {
    body: `return Object.keys(it.configs).join();`,
    result: 'recommended,strict',
    // Linters load it from node_modules, where it reads its own package.json.
    unbundled: true,
  },
};

/** The program that does it, as an ES module, in CommonJS, and as a test. */
export function programsFor(name) {
  const { body, result, test = { body, result } } = uses[name];
  const functionOf = (text) => `async (it) => {${text}\n}`;
  const use = functionOf(body);
  return {
    'use.mjs': `import * as it from '${name}';\nconsole.log(await (${use})(it));\n`,
    'use.ts': `import * as it from '${name}';\nconsole.log(await (${use.replace('(it)', '(it: any): Promise<string>')})(it));\n`,
    'use.cjs': `const it = require('${name}');\n(${use})(it).then((result) => console.log(result));\n`,
    'use.test.mjs': `import * as it from '${name}';\ntest('is used', async () => expect(await (${functionOf(test.body)})(it)).toBe('${test.result}'));\n`,
  };
}
