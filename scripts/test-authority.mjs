import { readFileSync } from 'node:fs';
import ts from 'typescript';

const file = new URL('../packages/net/test/tls/certificates.ts', import.meta.url);
const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
});
const compiled = await import(`data:text/javascript;base64,${Buffer.from(outputText).toString('base64')}`);

/** Makes the authorities with which the tests of net sign certificates. */
export const { makeAuthority } = compiled;
