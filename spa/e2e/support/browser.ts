import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Starts the browser on PATH, or the one that `CHROMIUM` names. */
export async function launchBrowser(): Promise<Browser> {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  const executablePath = process.env.CHROMIUM ?? onPath;
  if (!executablePath)
    throw new Error('There is no Chromium on PATH. Install one (Debian: apt-get install chromium).');
  // The sandbox needs rights that root lacks in containers. This browser opens pages of this machine only.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export const desktop = { width: 1280, height: 800 };
export const phone = { width: 360, height: 740 };

/** Opens a page in a new browser context, and records the page's errors. */
export async function openPage(
  browser: Browser,
  baseURL: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Page> {
  const context = await browser.newContext({ baseURL, viewport: desktop, locale: 'en-GB', ...options });
  onTestFinished(() => context.close());
  return watched(await context.newPage());
}

/** The errors that each page logged or threw. */
const complaints = new WeakMap<Page, string[]>();

export function watched(page: Page): Page {
  const found: string[] = [];
  complaints.set(page, found);
  page.on('pageerror', (error) => found.push(error.stack ?? String(error)));
  page.on('console', (message) => {
    // The browser logs failed requests by itself, and the app shows them to the user.
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
      found.push(message.text());
  });
  page.setDefaultTimeout(15_000);
  return page;
}

export const complaintsOf = (page: Page): readonly string[] => complaints.get(page) ?? [];

/** Logs in a person of the demo company, by the form. */
export async function logIn(page: Page, login: string): Promise<void> {
  const person = demoCompany.find((each) => each.login === login);
  if (!person) throw new Error(`there is no ${login}`);
  await page.goto('/');
  await page.getByLabel('Login', { exact: true }).fill(login);
  await page.getByRole('textbox', { name: 'Shape of your beak' }).fill(person.beakShape);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByTestId('balance').waitFor();
}

const axe = createRequire(import.meta.url).resolve('axe-core');

/** Returns axe's serious findings (WCAG 2.1 A and AA), each with its rule and its place. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Lets everything fade in.
  await page.waitForTimeout(400);
  // The debugger runs the script, since the page's own policy allows no foreign scripts.
  await page.evaluate(await readText(axe));
  const results = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'] })`,
  )) as {
    violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
  };
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
}

const readText = async (path: string) => (await import('node:fs/promises')).readFile(path, 'utf8');

const folder = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url));

/** Takes a picture for the documentation where `SCREENSHOTS` is set: pictures differ a little each time. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (!process.env.SCREENSHOTS) return;
  mkdirSync(folder, { recursive: true });
  // Lets charts and drawers come to rest.
  await page.waitForTimeout(600);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Expects that nothing reaches beyond the page's right edge. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { wide, width } = (await page.evaluate(
    '({ wide: document.documentElement.scrollWidth, width: document.documentElement.clientWidth })',
  )) as { wide: number; width: number };
  expect(wide, `at ${page.url()}`).toBeLessThanOrEqual(width);
}

export type { Browser, BrowserContext, Page };
