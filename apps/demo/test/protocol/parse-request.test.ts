import { expect, it } from '@jest/globals';
import { parseRequest } from '../../src/protocol/parse-request.ts';

const submit = { id: '1', op: 'submit', path: '/jobs.yaml', text: '{}' };

it.each([submit, { ...submit, jobs: ['a'] }, { id: 'x', op: 'list' }, { id: 'x', op: 'list', run: 3 }])(
  '%j is a request',
  (request) => {
    expect(parseRequest(JSON.stringify({ jobd: 1, ...request }))).toEqual(request);
  },
);

it.each([
  ['{', undefined, 'not-json', /^this line is not JSON: /],
  ['', undefined, 'not-json', /^this line is not JSON: /],
  ['[]', undefined, 'bad-request', /^a request is a JSON object$/],
  ['{"id":"1"}', '1', 'bad-version', /^this is version 1 of the protocol: a request has "jobd": 1$/],
  ['{"jobd":2,"id":"1"}', '1', 'bad-version', /version 1/],
  ['{"jobd":1,"id":"1"}', '1', 'bad-request', /^"op" must be one of authenticate, submit, list, cancel and tail$/],
  [
    '{"jobd":1,"id":"1","op":"fly"}',
    '1',
    'bad-request',
    /^"op" must be one of authenticate, submit, list, cancel and tail$/,
  ],
  ['{"jobd":1,"op":"list"}', undefined, 'bad-request', /^"id" is missing$/],
  ['{"jobd":1,"id":"1","op":"tail"}', '1', 'bad-request', /^"job" is missing$/],
  ['{"jobd":1,"id":"1","op":"list","x":1}', '1', 'bad-request', /^"x" is not known$/],
  ['{"jobd":1,"id":"1","op":"cancel","target":"../3"}', '1', 'bad-request', /^"target" must be a run or a job/],
  ['{"jobd":1,"id":"1","op":"list","run":-1}', '1', 'bad-request', /^"run" must be a whole number from 1 on$/],
  [JSON.stringify({ jobd: 1, ...submit, path: '/a\0b' }), '1', 'bad-request', /^"path" must be text without NUL/],
  [
    JSON.stringify({ jobd: 1, ...submit, path: `/${'a'.repeat(5_000)}` }),
    '1',
    'bad-request',
    /^"path" must be at most 4096/,
  ],
  [
    JSON.stringify({ jobd: 1, ...submit, jobs: Array(10_001).fill(1) }),
    '1',
    'bad-request',
    /^"jobs" must be a list of at most 10000 names$/,
  ],
  [
    JSON.stringify({ jobd: 1, ...submit, jobs: Array(30).fill(1) }),
    '1',
    'bad-request',
    /^("jobs\.\d+" must be text(; |$)){20}$/,
  ],
  [JSON.stringify({ jobd: 1, ...submit, constructor: 1 }), '1', 'bad-request', /^"constructor" is not known$/],
  [JSON.stringify({ jobd: 1, ...submit, path: 'jobs.yaml' }), '1', 'bad-request', /^"path" must be an absolute path$/],
])('%s is none, and the answer says why', (line, id, code, message) => {
  expect(parseRequest(line)).toMatchObject({ id, error: { code, message: expect.stringMatching(message) } });
});
