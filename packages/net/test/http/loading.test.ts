import { expect, it } from '@jest/globals';
import { runProgram } from '../programs/program.ts';

// Node lists the modules that it has loaded. Its HTTP makes sockets slower that have nothing to do with it.
const PROGRAM = `
  import { run } from '@tercet/core';
  import { serveHttp } from './src/index.ts';
  const isLoaded = () => process.moduleLoadList.some((name) => /_http_server$/.test(name));
  const before = isLoaded();
  await run(() => serveHttp(() => undefined, 0, { host: '127.0.0.1', taskStatus: {
    started: () => console.log(\`loaded before: \${before}, afterwards: \${isLoaded()}.\`),
  } }));
`;

it("Node's HTTP is loaded when a server is started, and not with the package", async () => {
  const program = runProgram(PROGRAM, ':');
  const [text] = await program.says(/loaded before.*(?=\.)/);
  expect(text).toBe('loaded before: false, afterwards: true');
});
