// A jest reporter that leaves the results of a run where other scripts look for them: the counts for test-summary.mjs, and
// the tests that name a behaviour for conformance.mjs. They lie in files because turbo brings files back, together with the
// log, when it takes a task from its cache.
import { mkdirSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default class TestResults {
  #folder;
  #isWhole;

  constructor({ rootDir, nonFlagArgs, testNamePattern, onlyChanged }) {
    // The same tests, run in another way, are counted apart.
    this.#folder = `${rootDir}/.jest${process.env.TERCET_DOCUMENTED_ONLY === '1' ? '/documented' : ''}`;
    this.#isWhole = nonFlagArgs.length === 0 && !testNamePattern && !onlyChanged;
  }

  onRunComplete(_contexts, { numPassedTests, numPendingTests, numTodoTests, testResults }) {
    // A run of some of the tests says nothing about the others.
    if (!this.#isWhole) return;
    mkdirSync(this.#folder, { recursive: true });
    const counts = { passed: numPassedTests, skipped: numPendingTests + numTodoTests };
    writeFileSync(`${this.#folder}/results.json`, JSON.stringify(counts));
    writeFileSync(`${this.#folder}/behaviours.json`, JSON.stringify(testResults.flatMap(behavioursIn)));
  }
}

const ID = /\b(?:[A-Z]{1,4}-|P)\d+/g;
const IDS_IN_FRONT = /(?:\b(?:[A-Z]{1,4}-|P)\d+(?:, | and |\/| )?)+(?=:)/g;

/** The tests of a file that have ids in front of their title, or of that of a group around them: `RUN-001, G-21: …`. */
function behavioursIn({ testFilePath, testResults }) {
  return testResults.flatMap(({ fullName, status }) => {
    const ids = (fullName.match(IDS_IN_FRONT) ?? []).flatMap((text) => text.match(ID));
    return ids.map((id) => ({ id, status, file: relative(root, testFilePath) }));
  });
}
