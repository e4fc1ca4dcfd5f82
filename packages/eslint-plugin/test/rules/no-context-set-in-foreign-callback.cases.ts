import { checkRule } from '../rule-cases.ts';

const declared = 'const id = new ContextVar<string>("id");';

checkRule('no-context-set-in-foreign-callback', {
  valid: [
    `${declared} async function f() { id.set("a"); }`,
    `${declared} emitter.on("x", () => { id.run("a", g); });`,
    `${declared} emitter.on("x", () => { nursery.startSoon(async () => { id.set("a"); }); });`,
    `${declared} openPortal(async (portal) => { server.on("request", () => portal.call(() => { id.set("a"); })); });`,
    `${declared} emitter.on("x", () => { id.run("a", () => { id.set("b"); }); });`,
    `${declared} emitter.on("x", () => { copyContext().run(() => { const context = copyContext(); context.run(() => id.set("b")); }); });`
      .replace('copyContext().run(() => { ', '{ ')
      .replace('}); });', '} });'),
    `${declared} emitter.on("x", () => { using _ = id.set("a"); log(); });`,
    `${declared} items.forEach(() => { id.set("a"); });`,
    `${declared} emitter.on("x", () => { id.get(); });`,
    'const map = new Map(); emitter.on("x", () => { map.set("a", 1); });',
    'class ContextVariable {} const id = new ContextVariable(); emitter.on("x", () => { id.set("a"); });',
    '{ class ContextVar { set() {} } const id = new ContextVar(); emitter.on("x", () => { id.set(); }); }',
    `${declared} serveTcp(async (stream) => { id.set("a"); }, 80);`,
    `${declared} mine(() => { id.set("a"); }); function mine(f: () => void) { f(); }`,
    `${declared} run(async () => { id.set("a"); });`,
    "import { ContextVar } from './other.js'; import { run } from '@tercet/core'; const id = new ContextVar(); emitter.on('x', () => { id.set(1); });",
  ],
  invalid: [
    [`${declared} emitter.on("x", () => { id.set("a"); });`, 'foreign'],
    [`${declared} emitter.once("x", (x) => id.set(x));`, 'foreign'],
    [`${declared} target.addEventListener("x", function () { id.set("a"); });`, 'foreign'],
    [`${declared} setTimeout(() => { id.set("a"); }, 10);`, 'foreign'],
    [`${declared} setInterval(async () => { id.set("a"); await f(); }, 10);`, 'foreign'],
    [`${declared} queueMicrotask(() => id.set("a"));`, 'foreign'],
    [`${declared} process.nextTick(() => id.set("a"));`, 'foreign'],
    [`${declared} socket.onmessage = (event) => { id.set(event.data); };`, 'foreign'],
    [`${declared} app.addHook("onRequest", async (request) => { id.set(request.id); });`, 'foreign'],
    [`${declared} emitter.on("x", async () => { using _ = id.set("a"); await f(); });`, 'foreign'],
    [`${declared} emitter.on("x", () => { items.forEach((item) => { id.set(item); }); });`, 'foreign'],
    [`function f(id: ContextVar<string>) { emitter.on("x", () => { id.set("a"); }); }`, 'foreign'],
    [
      `class A { readonly #id = new ContextVar("id"); f() { emitter.on("x", () => { this.#id.set("a"); }); } }`,
      'foreign',
    ],
    [
      "import { createServer } from 'node:http'; import { ContextVar } from '@tercet/context'; const id = new ContextVar('id'); createServer((request) => { id.set(request.url); });",
      'foreign',
    ],
    [
      "import * as http from 'node:http'; import * as context from '@tercet/context'; const id = new context.ContextVar('id'); http.createServer((request) => { id.set(request.url); });",
      'foreign',
    ],
    [
      "import express from 'express'; import { ContextVar } from '@tercet/context'; const id = new ContextVar('id'); const app = express(); app.use((request, response, next) => { id.set(request.id); next(); });",
      'foreign',
    ],
    [
      "const { ContextVar } = require('@tercet/context'); const express = require('express'); const id = new ContextVar('id'); const app = express(); app.get('/', (request) => { id.set(request.id); });",
      'foreign',
    ],
  ],
});
