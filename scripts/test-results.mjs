// A jest reporter that leaves the counts of a run where scripts/test-summary.mjs adds them up. They lie in a file because
// turbo brings files back, together with the log, when it takes a task from its cache.
import { mkdirSync, writeFileSync } from 'node:fs';

export default class TestResults {
  #folder;

  constructor({ rootDir }) {
    this.#folder = `${rootDir}/.jest`;
  }

  onRunComplete(_contexts, { numPassedTests, numPendingTests, numTodoTests }) {
    mkdirSync(this.#folder, { recursive: true });
    const counts = { passed: numPassedTests, skipped: numPendingTests + numTodoTests };
    writeFileSync(`${this.#folder}/results.json`, JSON.stringify(counts));
  }
}
