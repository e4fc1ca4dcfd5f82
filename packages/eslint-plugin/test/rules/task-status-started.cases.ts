import { checkRule } from '../rule-cases.ts';

checkRule('task-status-started', {
  valid: [
    'async function serve(taskStatus: TaskStatus<number>) { taskStatus.started(1); await f(); }',
    'async function serve(taskStatus: TaskStatus<number> = TASK_STATUS_IGNORED) { taskStatus?.started(1); }',
    'async function serve(port: number, { taskStatus = TASK_STATUS_IGNORED } = {}) { taskStatus.started(1); }',
    'async function serve(taskStatus: TaskStatus<number>) { await serveTcp(f, 0, { taskStatus }); }',
    'async function serve(taskStatus: TaskStatus<number>) { await other(taskStatus); }',
    'async function serve(taskStatus: TaskStatus<number>) { later(() => { taskStatus.started(1); }); }',
    'async function serve(taskStatus: TaskStatus<number>) { const { started } = taskStatus; }',
    'declare function serve(taskStatus: TaskStatus<number>): Promise<void>;',
    'interface Server { serve(taskStatus: TaskStatus<number>): Promise<void>; }',
    'abstract class Server { abstract serve(taskStatus: TaskStatus<number>): Promise<void>; }',
    'await openNursery(async (nursery) => { await nursery.start((taskStatus) => serveTcp(f, 0, { taskStatus })); });',
    'await openNursery(async (nursery) => { await nursery.start(serve); });',
    'await machine.start(() => {});',
    'async function serve(taskStatus: { begun(): void }) { await f(); }',
    "import { TaskStatus } from './other.js'; import { run } from '@tercet/core'; async function serve(taskStatus: TaskStatus) { await f(); }",
    'async function serve(taskStatus) { await f(); }',
  ],
  invalid: [
    ['async function serve(taskStatus: TaskStatus<number>) { await f(); }', 'never'],
    ['const serve = async (status: TaskStatus<void>) => { status.begun(); };', 'never'],
    [
      'async function serve(port: number, taskStatus: TaskStatus<number> = TASK_STATUS_IGNORED) { await f(port); }',
      'never',
    ],
    ['async function serve(port, { taskStatus = TASK_STATUS_IGNORED } = {}) { await f(port); }', 'never'],
    ['async function serve(taskStatus?: TaskStatus<number> | undefined) { await f(); }', 'never'],
    ['class Server { async serve(taskStatus: TaskStatus<number>) { await f(); } }', 'never'],
    ['await openNursery(async (nursery) => { await nursery.start(async (taskStatus) => { await f(); }); });', 'never'],
    ['async function g(nursery: Nursery) { await nursery.start(function (status) { return f(); }); }', 'never'],
    ['await openNursery(async (nursery) => { await nursery.start(async () => { await f(); }); });', 'notTaken'],
    ['await openNursery(async (nursery) => { await nursery.start(() => serveTcp(f, 0)); });', 'notTaken'],
    [
      "import * as core from '@tercet/core'; async function serve(status: core.TaskStatus<number>) { await f(); }",
      'never',
    ],
    [
      "import type { TaskStatus as Status } from '@tercet/core'; async function serve(status: Status<number>) { await f(); }",
      'never',
    ],
    [
      "const { TASK_STATUS_IGNORED } = require('@tercet/core'); async function serve(status = TASK_STATUS_IGNORED) { await f(); }",
      'never',
    ],
  ],
});
