import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import type { Browser, Page } from 'puppeteer-core';
import { serveSite } from './serve-site.ts';

const version = process.env['TERCET_DOCS_VERSION'] ?? 'next';
const pictures = fileURLToPath(new URL('../pictures', import.meta.url));

/** Pages of three kinds: prose with programs, a long table, the reference. */
const shown = ['tutorial/2-tasks', 'the-same-in/trio', 'reference/core'];

const widths = { wide: 1400, narrow: 390 } as const;

const candidates = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Opens the built site in Chromium: every page without a message on its console, a search that answers, and pictures of
 * three pages, light and dark, wide and narrow, in `docs/pictures`, for somebody to look at.
 */
export async function checkBrowser(slugs: readonly string[]): Promise<string[]> {
  const executablePath = candidates.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) return ['there is no Chromium; install one, or say where it is: CHROMIUM=/path'];
  const { server, address } = await serveSite(0);
  const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  try {
    const base = `${address}/${version}/`;
    return [
      ...(await checkConsole(browser, base, slugs)),
      ...(await checkSearch(browser, base)),
      ...(await takePictures(browser, base)),
    ];
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

async function checkConsole(browser: Browser, base: string, slugs: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  const page = await browser.newPage();
  let slug = '';
  page.on('console', (message) => problems.push(`${slug}: the console says ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(`${slug}: ${String(error)}`));
  page.on('requestfailed', (request) => problems.push(`${slug}: cannot load ${request.url()}`));
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${slug}: ${response.status()} for ${response.url()}`);
  });
  for (slug of slugs) await page.goto(base + slug, { waitUntil: 'load' });
  await page.close();
  return problems;
}

async function checkSearch(browser: Browser, base: string): Promise<string[]> {
  const problems: string[] = [];
  const page = await browser.newPage();
  await page.setViewport({ width: widths.wide, height: 900 });
  await page.goto(`${base}start/why/`, { waitUntil: 'networkidle0' });
  for (const [words, expected] of [
    ['shielded', 'Cancellation'],
    ['portal', 'Where another library owns the loop'],
    ['openMemoryChannel', '@tercet/sync'],
  ] as const) {
    const titles = await search(page, words);
    if (!titles.some((title) => title.includes(expected))) {
      problems.push(`a search for ${words} does not find "${expected}", but ${titles.join(', ') || 'nothing'}`);
    }
  }
  await page.close();
  return problems;
}

async function search(page: Page, words: string): Promise<string[]> {
  await page.reload({ waitUntil: 'networkidle0' });
  await page.click('button[data-open-modal]');
  await page.waitForSelector('.pagefind-ui__search-input', { visible: true });
  await page.type('.pagefind-ui__search-input', words);
  // Results are dots until they have been loaded.
  const loaded = (): boolean => {
    const titles = [...document.querySelectorAll('.pagefind-ui__result-title')].map((title) => title.textContent ?? '');
    return titles.length > 0 && titles.every((title) => /\w/.test(title));
  };
  await page.waitForFunction(loaded, { timeout: 30_000 }).catch(() => undefined);
  const titles = await page.$$eval('.pagefind-ui__result-title', (all) => all.map((title) => title.textContent ?? ''));
  return titles.map((title) => title.trim());
}

async function takePictures(browser: Browser, base: string): Promise<string[]> {
  const problems: string[] = [];
  mkdirSync(pictures, { recursive: true });
  for (const theme of ['light', 'dark'] as const) {
    for (const [name, width] of Object.entries(widths)) {
      const page = await browser.newPage();
      await page.setViewport({ width, height: 1000 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
      for (const slug of shown) {
        await page.goto(`${base}${slug}/`, { waitUntil: 'networkidle0' });
        const used = await page.evaluate(() => document.documentElement.dataset['theme']);
        if (used !== theme) problems.push(`${slug}: the theme is ${used}, and not ${theme}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (overflow > 0) problems.push(`${slug}, ${name}: ${overflow} pixels wider than the window`);
        await page.screenshot({ path: join(pictures, `${slug.replace('/', '-')}-${theme}-${name}.png`) });
      }
      await page.close();
    }
  }
  return problems;
}
