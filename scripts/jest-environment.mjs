// Where the tests run: jest's own environment for Node, which gives up on a file once one of its tests has run into its time limit.
// When the code under test never ends, so do most tests of the file, and each of them would take its limit to say so.
import { TestEnvironment } from 'jest-environment-node';

const TIMED_OUT = /^Exceeded timeout/;

export default class extends TestEnvironment {
  #isStuck = false;

  /** Called by jest for each step of its work. */
  async handleTestEvent({ name, test, error }) {
    if (name === 'test_fn_failure' && TIMED_OUT.test(error?.message ?? error)) this.#isStuck = true;
    if (name === 'test_start' && this.#isStuck) test.mode = 'skip';
  }
}
