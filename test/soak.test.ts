import { expect, it } from '@jest/globals';
import { runProgram } from './run-program.ts';

// The short versions of `npm run soak:core` and `npm run soak:io`, whose duration is an argument.
it.each(process.platform === 'linux' ? ['core', 'io'] : ['core'])(
  'a soak of %s with faults put in finds nothing left behind',
  (name) => {
    const output = runProgram(`scripts/soak/${name}.mjs`, '3');
    expect(output).toMatch(/rounds of .* tasks/);
  },
  120_000,
);
