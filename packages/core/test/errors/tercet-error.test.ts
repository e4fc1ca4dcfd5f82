import { expect, it } from '@jest/globals';
import {
  BrokenResourceError,
  BusyResourceError,
  ClosedResourceError,
  DeadlockError,
  EndOfChannel,
  InternalError,
  RunFinishedError,
  StateError,
  TaskFailedError,
  TercetError,
  TooSlowError,
  UnawaitedError,
  WouldBlock,
} from '@tercet/core';

it.each(
  Object.entries({
    BrokenResourceError,
    BusyResourceError,
    ClosedResourceError,
    DeadlockError,
    EndOfChannel,
    InternalError,
    RunFinishedError,
    StateError,
    TaskFailedError,
    TercetError,
    TooSlowError,
    WouldBlock,
  }),
)('%s is an error of the library with its own name, message and cause', (name, type) => {
  const error = new type('text', { cause: 'why' });
  expect(error).toBeInstanceOf(TercetError);
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.message, error.cause]).toEqual([name, 'text', 'why']);
  expect(Object.keys(error)).toEqual([]);
});

it('UnawaitedError names the operations', () => {
  const error = new UnawaitedError('text', ['sleep']);
  expect([error.name, error.operations]).toEqual(['UnawaitedError', ['sleep']]);
});
