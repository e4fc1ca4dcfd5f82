/** The results: a row for each package, a column for each way to install or use it. */
export class Matrix {
  #rows;
  #columns;
  #cells = new Map();
  #failures = [];
  #begun = performance.now();

  constructor(rows, columns) {
    this.#rows = rows;
    this.#columns = columns;
  }

  /** Tries one cell. */
  async note(version, row, column, attempt) {
    const title = `${row}, ${column}, Node ${version}`;
    const begun = performance.now();
    try {
      await attempt();
      this.#cells.set(title, 'yes');
    } catch (error) {
      this.#cells.set(title, 'NO');
      this.#failures.push(`${title}: ${error.message}`);
    }
    // The whole matrix takes a while: on a terminal, or in a log, one sees that it goes on.
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.error(`${title}: ${this.#cells.get(title)}, ${seconds} s`);
  }

  /** Prints one table for each version of Node, and every failure. Any failure makes the program one that has failed. */
  print(versions) {
    const first = Math.max(...this.#rows.map((row) => row.length), ...versions.map((version) => version.length + 5));
    for (const version of versions) {
      console.log([`Node ${version}`.padEnd(first), ...this.#columns].join('  '));
      for (const row of this.#rows) {
        const cells = this.#columns.map((column) => {
          const state = this.#cells.get(`${row}, ${column}, Node ${version}`) ?? '-';
          return state.padEnd(column.length);
        });
        console.log([row.padEnd(first), ...cells].join('  ').trimEnd());
      }
      console.log();
    }
    const minutes = ((performance.now() - this.#begun) / 60_000).toFixed(1);
    console.log(`${this.#cells.size} cells, ${this.#failures.length} of them failed, in ${minutes} minutes`);
    for (const failure of this.#failures) console.error(`\n${failure}`);
    if (this.#failures.length > 0) process.exitCode = 1;
  }
}
