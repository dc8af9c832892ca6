import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The browser of this machine. `CHROMIUM` names another one. */
export async function launchBrowser(): Promise<Browser> {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  const executablePath = process.env.CHROMIUM ?? onPath;
  if (!executablePath)
    throw new Error('There is no Chromium on PATH. Install one (Debian: apt-get install chromium).');
  // Its sandbox takes rights that root's containers lack; it only ever sees this machine's own pages.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export const desktop = { width: 1280, height: 800 };
export const phone = { width: 360, height: 740 };

/** A browser of somebody's own, which complains of nothing that a page did wrong without anybody noticing. */
export async function openPage(
  browser: Browser,
  baseURL: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Page> {
  const context = await browser.newContext({ baseURL, viewport: desktop, locale: 'en-GB', ...options });
  onTestFinished(() => context.close());
  return watched(await context.newPage());
}

/** What the page logged as an error, or threw. */
const complaints = new WeakMap<Page, string[]>();

export function watched(page: Page): Page {
  const found: string[] = [];
  complaints.set(page, found);
  page.on('pageerror', (error) => found.push(error.stack ?? String(error)));
  page.on('console', (message) => {
    // What the network refused is told to the user, and by the browser by itself.
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
      found.push(message.text());
  });
  page.setDefaultTimeout(15_000);
  return page;
}

export const complaintsOf = (page: Page): readonly string[] => complaints.get(page) ?? [];

/** Logs one of the demo company's people in, by the form. */
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

/** What axe finds wrong with the page, of what matters (WCAG 2.1 A and AA): its rule, and where. */
export async function axeFindings(page: Page): Promise<string[]> {
  // What fades in is there by then.
  await page.waitForTimeout(400);
  // By the debugger's door: the page's own policy lets no foreign script in.
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

/** A picture for the documentation, where `SCREENSHOTS` is set: they differ a little each time. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (!process.env.SCREENSHOTS) return;
  mkdirSync(folder, { recursive: true });
  // Charts and drawers have come to rest by then.
  await page.waitForTimeout(600);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Nothing reaches beyond the page's right edge. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { wide, width } = (await page.evaluate(
    '({ wide: document.documentElement.scrollWidth, width: document.documentElement.clientWidth })',
  )) as { wide: number; width: number };
  expect(wide, `at ${page.url()}`).toBeLessThanOrEqual(width);
}

export type { Browser, BrowserContext, Page };
