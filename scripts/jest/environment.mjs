// jest's own environment for Node, which in addition gives up on a file once one of its tests has run into its time limit.
// If the code under test never ends, most tests of the file do not either, and each of them would take its whole limit.
import { createRequire } from 'node:module';
import { REPORT_SIGNAL } from './stuck-processes.mjs';

// By `require`, because Bun finds nothing in the ES module of that package.
const { TestEnvironment } = createRequire(import.meta.url)('jest-environment-node');

// Asked by this signal, Node writes what keeps the event loop alive to a file: see start.mjs.
const { TERCET_REPORTS } = process.env;
if (TERCET_REPORTS !== undefined && REPORT_SIGNAL !== undefined) {
  process.report.directory = TERCET_REPORTS;
  process.report.signal = REPORT_SIGNAL;
  process.report.reportOnSignal = true;
}

const TIMED_OUT = /^Exceeded timeout/;

export default class extends TestEnvironment {
  #isStuck = false;

  /** Called by jest for each step of its work. */
  async handleTestEvent({ name, test, error }) {
    if (name === 'test_fn_failure' && TIMED_OUT.test(error?.message ?? error)) this.#isStuck = true;
    if (name === 'test_start' && this.#isStuck) test.mode = 'skip';
  }
}
