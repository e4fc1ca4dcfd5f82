import { expect, it } from '@jest/globals';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  batch,
  chain,
  changes,
  filter,
  flatMap,
  flatten,
  map,
  merge,
  onError,
  openPipeline,
  pairwise,
  partition,
  pipeline,
  race,
  retry,
  route,
  scan,
  section,
  skip,
  take,
  tap,
  taskSection,
  window,
  zip,
  zipLatest,
} from '@tercet/pipeline';
import type { Combiner, FailedItem, Flow, Section, TapChannel } from '@tercet/pipeline';
import type { MemoryReceiveChannel, MemorySendChannel } from '@tercet/sync';
import ts from 'typescript';

// The type check reads these functions; they are never called.

interface User {
  readonly id: number;
  readonly name?: string;
}

async function infers(users: User[], receive: MemoryReceiveChannel<string>): Promise<unknown[]> {
  const twelve: Flow<string> = pipeline(
    users,
    map((user) => user.id),
    filter((id) => id > 3),
    map(async (id) => [id, id * 2]),
    flatten(),
    skip(1),
    tap((id) => id.toFixed()),
    scan((sum, id) => sum + id, 0),
    pairwise(),
    map(([before, after]) => after - before),
    batch({ size: 10 }),
    flatMap((ids) => ids.map(String)),
    changes(),
  );
  const guarded: Flow<string> = pipeline(
    users,
    map((user) => user.name),
    filter((name): name is string => name !== undefined),
  );
  const generators: Flow<number> = pipeline(async function* () {
    yield 1;
  });
  const channel: Flow<string> = pipeline(receive, take(3));
  const through: Flow<number[]> = twelve.through(
    map((text) => text.length),
    window({ size: 3 }),
  );
  const composed: Section<User, string> = section(
    map((user: User) => user.id),
    map(String),
  );
  const merged: Flow<number | string> = pipeline(merge([1], receive, () => new Set(['a'])));
  const mergedAbove: Flow<number | string> = pipeline([1], merge(receive));
  const zipped: Flow<[number, string]> = pipeline(zip([1], receive));
  const zippedAbove: Flow<[number, string, boolean]> = pipeline([1], zip(receive, [true]));
  const latest: Flow<[number | undefined, string | undefined]> = pipeline(zipLatest([1], receive));
  const full: Flow<[number, string]> = pipeline(zipLatest([1], receive, { partial: false }));
  const chained: Flow<number | string> = pipeline(chain([1], ['a']));
  const raced: Flow<number> = pipeline(race([1], pipeline([2])));
  const parted: Flow<string> = pipeline(
    users,
    partition(
      (user) => user.id,
      (id) => map((user: User) => `${id}${user.name}`),
    ),
  );
  const routed: Flow<number | string> = pipeline(
    users,
    route((user) => (user.id > 1 ? 'a' : 'b'), {
      a: map((user: User) => user.id),
      b: map((user: User) => `${user.name}`),
    }),
  );
  const task: Flow<string> = pipeline(
    users,
    taskSection<User, string>('names', async (input, emit) => {
      for await (const user of input) await emit(`${user.name}`);
    }),
  );
  const policies: Flow<number> = pipeline(['1'], map(Number), retry(), onError('skip'));
  const total: number = await pipeline(users).reduce((sum, user) => sum + user.id, 0);
  const first: User | undefined = await pipeline(users).first();
  const read: string = await channel.open(async (items) => items.receive());
  const tapped: string = await openPipeline(channel, async (running) => {
    const lengths: TapChannel<number> = running.extend(map((text) => text.length)).tap();
    return `${await lengths.receive()}${await running.tap({ buffer: 3 }).receive()}`;
  });
  return [
    twelve,
    guarded,
    generators,
    through,
    composed,
    merged,
    mergedAbove,
    zipped,
    zippedAbove,
    latest,
    full,
    chained,
    raced,
    parted,
    routed,
    task,
    policies,
    total,
    first,
    read,
    tapped,
  ];
}

// prettier-ignore
function refuses(users: User[], send: MemorySendChannel<FailedItem<number>>): unknown[] {
  return [
    // @ts-expect-error: a section that takes other items
    pipeline(users, map((text: string) => text.length)),
    // @ts-expect-error: the same, after another section
    pipeline(users, map((user) => user.id), filter((text: string) => text !== '')),
    // @ts-expect-error: there is no such field
    pipeline(users, map((user) => user.age)),
    // @ts-expect-error: a function is not a section
    pipeline(users, (user: User) => user.id),
    // @ts-expect-error: a source is not a section
    pipeline(users, [1, 2]),
    // @ts-expect-error: no source
    pipeline(map(String)),
    // @ts-expect-error: not a source
    pipeline(5),
    // @ts-expect-error: a size is a number
    batch({ size: '10' }),
    // @ts-expect-error: the channel takes failed numbers
    pipeline(users, map((user) => user.id, { onError: { to: send } })),
    // @ts-expect-error: a flow is not iterable
    (async () => { for await (const user of pipeline(users)) users.push(user); })(),
    // @ts-expect-error: a reader of more than the flow gives
    pipeline(users).forEach((user: { readonly id: number; readonly age: number }) => user),
  ];
}

const combiner: Combiner<number, number | string, string> = merge(['a']);

it('L-3: types infer through twelve sections, and sections that do not fit are refused', () => {
  expect([typeof infers, typeof refuses, typeof combiner]).toEqual(['function', 'function', 'object']);
});

/** The errors of the compiler for a program, each with the text that it points at. */
function errorsOf(program: string): { readonly at: string; readonly text: string }[] {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const file = `${folder}program.ts`;
  const config = ts.readConfigFile(`${folder}../../../tsconfig.base.json`, (path) => ts.sys.readFile(path)).config as {
    compilerOptions: object;
  };
  const { options } = ts.parseJsonConfigFileContent(
    {
      compilerOptions: {
        ...config.compilerOptions,
        noEmit: true,
        isolatedDeclarations: false,
        declaration: false,
        declarationMap: false,
      },
    },
    ts.sys,
    folder,
  );
  const host = ts.createCompilerHost(options);
  const plain = ts.createCompilerHost(options);
  host.getSourceFile = (name, version) =>
    relative(name, file) === '' ? ts.createSourceFile(name, program, version) : plain.getSourceFile(name, version);
  host.fileExists = (name) => relative(name, file) === '' || plain.fileExists(name);
  host.readFile = (name) => (relative(name, file) === '' ? program : plain.readFile(name));
  const compiled = ts.createProgram([file], { ...options, types: ['node'] }, host);
  const source = compiled.getSourceFile(file)!;
  return compiled.getSemanticDiagnostics(source).map(({ start, length, messageText }) => ({
    at: program.slice(start, start! + length!),
    text: ts.flattenDiagnosticMessageText(messageText, '\n'),
  }));
}

it('L-3: an error stands at the section that does not fit, and is short', () => {
  const fits = 'filter((id) => id > 1)';
  const doesNotFit = "filter((text: string) => text !== '')";
  const program = `
    import { filter, map, pipeline, take } from '@tercet/pipeline';
    const users = [{ id: 1, name: 'a' }];
    pipeline(users, map((user) => user.id), ${fits}, ${doesNotFit}, take(1));
    export async function f() {
      for await (const user of pipeline(users)) console.log(user);
    }
  `;
  const [wrongSection, loop, ...others] = errorsOf(program);
  expect(others).toEqual([]);
  expect(wrongSection!.at).toBe(doesNotFit);
  expect(wrongSection!.text).toBe(
    "Argument of type 'Section<string, string>' is not assignable to parameter of type 'Section<number, string>'.\n" +
      "  Type 'number' is not assignable to type 'string'.",
  );
  expect(loop!.text).toContain("Type 'Flow<");
}, 120_000);
