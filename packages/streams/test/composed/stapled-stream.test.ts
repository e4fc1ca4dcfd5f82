import { expect, it } from '@jest/globals';
import { CancelScope, ExceptionGroup, isCancelled } from '@tercet/core';
import { testRun } from '@tercet/testing';
import { StapledStream } from '../../src/index.ts';
import { RecordingReceiveStream, RecordingSendStream } from '../fake-streams.ts';

function staple(): [StapledStream, RecordingSendStream, RecordingReceiveStream] {
  const send = new RecordingSendStream();
  const receive = new RecordingReceiveStream(['abcdef']);
  return [new StapledStream(send, receive), send, receive];
}

it(
  'GEN-001: sendAll, waitSendAllMightNotBlock and receiveSome reach the right half',
  testRun(async () => {
    const [stream, send, receive] = staple();
    await stream.sendAll('foo');
    await stream.waitSendAllMightNotBlock();
    expect(Buffer.from((await stream.receiveSome(4))!).toString()).toBe('abcd');
    expect(send.record).toEqual(['sendAll foo', 'waitSendAllMightNotBlock']);
    expect(receive.record).toEqual(['receiveSome 4']);
  }),
);

it(
  'GEN-002: sendEof closes a sending half without sendEof',
  testRun(async () => {
    const [stream, send, receive] = staple();
    await stream.sendEof();
    expect(send.record).toEqual(['close']);
    expect(receive.record).toEqual([]);
  }),
);

it(
  'GEN-002: sendEof calls the sendEof of the sending half if there is one',
  testRun(async () => {
    const [stream, send] = staple();
    Object.assign(send, { sendEof: async () => void send.record.push('sendEof') });
    await stream.sendEof();
    expect(send.record).toEqual(['sendEof']);
  }),
);

it(
  'GEN-003: close closes both halves',
  testRun(async () => {
    const [stream, send, receive] = staple();
    await stream.close();
    expect([send.record, receive.record]).toEqual([['close'], ['close']]);
  }),
);

it(
  'GEN-003: when both halves fail to close, both are closed and both errors are thrown',
  testRun(async () => {
    const [stream, send, receive] = staple();
    send.closeError = new Error('send');
    receive.closeError = new Error('receive');
    const error = await stream.close().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect((error as ExceptionGroup).errors).toEqual([send.closeError, receive.closeError]);
    expect([send.record, receive.record]).toEqual([['close'], ['close']]);
  }),
);

it(
  'GEN-003: when one half fails to close, its error is thrown as it is',
  testRun(async () => {
    for (const half of ['send', 'receive'] as const) {
      const [stream, send, receive] = staple();
      const error = new Error(half);
      ({ send, receive })[half].closeError = error;
      await expect(stream.close()).rejects.toBe(error);
      expect([send.record, receive.record]).toEqual([['close'], ['close']]);
    }
  }),
);

it(
  'G-87: close in a cancelled scope closes both halves, and throws Cancelled',
  testRun(async () => {
    const [stream, send, receive] = staple();
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(async () => {
      expect(isCancelled(await stream.close().catch((error: unknown) => error))).toBe(true);
    });
    expect([send.record, receive.record]).toEqual([['close'], ['close']]);
  }),
);

it(
  'G-83: iterating returns the chunks of the receiving half and does not close it',
  testRun(async () => {
    const receive = new RecordingReceiveStream(['ab', 'cd']);
    const stream = new StapledStream(new RecordingSendStream(), receive);
    const chunks: string[] = [];
    for await (const chunk of stream) chunks.push(Buffer.from(chunk).toString());
    expect(chunks).toEqual(['ab', 'cd']);
    expect(receive.record).not.toContain('close');
  }),
);
