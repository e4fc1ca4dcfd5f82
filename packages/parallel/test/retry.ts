import { jest } from '@jest/globals';

// Workers are real processes: on a machine with more work than processors, one of them may not get its turn in time. A test that
// fails is tried once more, and both results are in the output.
jest.retryTimes(1, { logErrorsBeforeRetry: true });
