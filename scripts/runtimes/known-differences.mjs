// The tests that are known to fail under a runtime, each with the reason. What the reader of the documentation has to know of
// this is in docs/src/content/docs/about/runtimes.md. Everything else that fails is a fault.

/** By runtime: the title of a test, and why it fails. */
export const knownDifferences = {
  bun: {
    'does not end because of a Cancelled of a promise that is no longer awaited, but ends because of other errors':
      'Bun lets a program go on for a moment after a rejection that nobody handles',
    'C-9: keeps nothing of the calls that have ended, however long the promise takes':
      'the test asks V8 to collect garbage, and Bun has another engine',
    'a test that can never end fails with the task tree': 'Bun does not say what keeps the process alive',
    'under fake timers that a test framework has installed C-18: deadlocks and leftovers are noticed':
      'Bun does not say what keeps the process alive',
    'a run that leaves something behind fails for a server that is still open':
      'Bun does not say what keeps the process alive',
  },
  deno: {
    'RUN-160: run(main()) names the right call, not the error of main':
      'Deno reports the rejected promise of main() first, and ends',
    'a warning that cannot be loaded, because no descriptor is left, does not end the process':
      'Deno itself fails where no descriptor is left',
    'N-3: a value that a request handler sets is seen by the task that listens, and by other requests':
      'Deno calls the handlers of a server in a context of their own',
  },
};
