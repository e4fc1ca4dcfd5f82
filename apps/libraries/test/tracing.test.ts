import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { all, openNursery, openPortal, sleep } from '@tercet/core';
import { openMemoryChannel } from '@tercet/sync';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { realRun } from './real-run.ts';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer('tercet');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
});
afterAll(async () => {
  context.disable();
  trace.disable();
  await provider.shutdown();
});
beforeEach(() => exporter.reset());

/** Opens a span around `body`, below the one that is active where it is called. */
function inSpan<T>(name: string, body: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await body();
    } finally {
      span.end();
    }
  });
}

/** Each span with the name of its parent. */
function parents(): Record<string, string | undefined> {
  const spans = exporter.getFinishedSpans();
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return Object.fromEntries(spans.map((span) => [span.name, names.get(span.parentSpanContext?.spanId ?? '')]));
}

it(
  'spans of tasks are children of the span that was active where the task was spawned',
  realRun(async () => {
    await inSpan('request', async () => {
      await openNursery((nursery) => {
        nursery.startSoon(() => inSpan('query', () => sleep(2)));
        nursery.startSoon(async () => {
          await sleep(1);
          await inSpan('cache', () => sleep(1));
        });
      });
      await inSpan('answer', () =>
        all([() => inSpan('head', () => sleep(1)), () => inSpan('body', () => sleep(1))]).then(() => undefined),
      );
    });
    expect(parents()).toEqual({
      request: undefined,
      query: 'request',
      cache: 'request',
      answer: 'request',
      head: 'answer',
      body: 'answer',
    });
  }),
);

it(
  'a task that is woken by another one keeps its own span, and not the one of the task that wakes it',
  realRun(async () => {
    const [sender, receiver] = openMemoryChannel<number>(0);
    await openNursery((nursery) => {
      nursery.startSoon(() =>
        inSpan('consumer', async () => {
          await receiver.receive();
          await inSpan('work', () => sleep(1));
        }),
      );
      nursery.startSoon(() => inSpan('producer', () => sender.send(1)));
    });
    expect(parents()).toEqual({ consumer: undefined, producer: undefined, work: 'consumer' });
  }),
);

it(
  'PO-2: a call through a portal belongs to the span of the code that makes it',
  realRun(() =>
    openPortal(async (portal) => {
      await inSpan('request', () => portal.call(() => inSpan('handler', () => sleep(1))));
      expect(parents()).toEqual({ request: undefined, handler: 'request' });
    }),
  ),
);
