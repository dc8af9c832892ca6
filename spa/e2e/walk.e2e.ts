import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Exchange, startExchange } from '../../tests/support/exchange.ts';
import {
  axeFindings,
  type Browser,
  complaintsOf,
  expectNoSidewaysScroll,
  launchBrowser,
  logIn,
  openPage,
  type Page,
  phone,
  screenshot,
} from './support/browser.ts';

let exchange: Exchange;
let browser: Browser;

beforeAll(async () => {
  exchange = await startExchange({ appDir: inject('appDir'), companyTimeZone: 'Europe/Berlin' });
  browser = await launchBrowser();
  await workForAWhile();
});
afterAll(async () => {
  await browser?.close();
  await exchange?.stop();
});

const titles = [
  'Clean the cage',
  'Refill the seed bowl',
  'Polish the perch',
  'Teach the chicks to say “good morning”',
  'Count the feathers in store room 3',
  'Oil the swing',
];

/** Gives the pages something to show: tasks, some of them done, and a day that was paid out. */
async function workForAWhile(): Promise<void> {
  const people = ['iris', 'kiwi', 'rio', 'coco', 'pip', 'juno'];
  for (let n = 0; n < 24; n++)
    await exchange.data(
      people[n % people.length] as string,
      'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id } }',
      { input: { title: titles[n % titles.length], jiraId: n % 3 === 0 ? `POPUG-${n + 1}` : null } },
    );
  for (const login of people) {
    const { myTasks } = await exchange.data(login, '{ myTasks(status: IN_PROGRESS) { nodes { id } } }');
    for (const { id } of myTasks.nodes.slice(0, Math.ceil(myTasks.nodes.length / 2)))
      await exchange.data(login, 'mutation ($id: ID!) { resolveTask(id: $id) { id } }', { id });
  }
  await exchange.settle();
  await exchange.data('ada', 'mutation { closeDay { id } }');
  await exchange.settle();
  // These tasks count towards the next day.
  for (let n = 0; n < 12; n++)
    await exchange.data(
      people[n % people.length] as string,
      'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id } }',
      { input: { title: titles[(n + 3) % titles.length], jiraId: n % 4 === 0 ? `POPUG-${n + 40}` : null } },
    );
  await exchange.settle();
}

/** Every page: its path, its heading, and the logins that may see it. */
const pages: readonly { path: string; name: string; heading: string; for: readonly string[] }[] = [
  { path: '/', name: 'my-tasks', heading: 'My tasks', for: ['ada', 'max', 'iris', 'kiwi'] },
  { path: '/tasks', name: 'all-tasks', heading: 'All tasks', for: ['ada', 'max', 'iris', 'kiwi'] },
  { path: '/account', name: 'account', heading: 'My account', for: ['ada', 'max', 'iris', 'kiwi'] },
  { path: '/company', name: 'company', heading: 'What top management earned', for: ['ada', 'iris'] },
  { path: '/accounts', name: 'accounts', heading: 'Accounts', for: ['ada', 'iris'] },
  { path: '/analytics', name: 'analytics', heading: 'Analytics', for: ['ada'] },
  { path: '/people', name: 'people', heading: 'People', for: ['ada', 'max'] },
  { path: '/operations', name: 'operations', heading: 'Operations', for: ['ada'] },
];

const isLoaded = async (page: Page, heading: string) => {
  await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  await expect
    .poll(() => page.getByTestId('outline').filter({ visible: true }).count(), { timeout: 15_000 })
    .toBe(0);
};

describe.each(['ada', 'max', 'iris', 'kiwi'] as const)('as %s', (login) => {
  test('the menu leads to every page of the role, and to no other', async () => {
    const page = await openPage(browser, exchange.url);
    await logIn(page, login);
    const menu = page.getByRole('navigation');
    const own = pages.filter((each) => each.for.includes(login));
    expect(await menu.getByRole('link').count()).toBe(own.length);
    for (const { path, heading } of own) {
      await menu.locator(`a[href="${path}"]`).click();
      await isLoaded(page, heading);
    }
    for (const { path } of pages.filter((each) => !own.includes(each))) {
      await page.goto(path);
      await page.getByText('This page is not for your role').waitFor();
    }
    await page.goto('/nowhere');
    await page.getByText('There is nothing here').waitFor();
    expect(complaintsOf(page)).toEqual([]);
  });
});

/** Opens some pages, takes pictures of them and checks them with axe. */
async function look(page: Page, paths: readonly string[], suffix: string): Promise<void> {
  for (const { path, heading, name } of pages.filter((each) => paths.includes(each.path))) {
    await page.goto(path);
    await isLoaded(page, heading);
    await screenshot(page, `${name}-${suffix}`);
    expect(await axeFindings(page), path).toEqual([]);
  }
}

describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
  test('axe finds nothing serious on any page', async () => {
    const page = await openPage(browser, exchange.url, { colorScheme, reducedMotion: 'reduce' });
    await page.goto('/');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByText('Draw it').click();
    await page.getByRole('slider').first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await screenshot(page, `log-in-${colorScheme}`);
    await logIn(page, 'kiwi');
    await look(page, ['/', '/tasks', '/account'], colorScheme);
    await page.goto('/tasks');
    await page.getByTestId('tasks').getByRole('button').first().click();
    await page.getByRole('dialog').getByText('History').waitFor();
    await page.waitForTimeout(300);
    await screenshot(page, `task-${colorScheme}`);
    expect(await axeFindings(page), 'a task').toEqual([]);
    expect(complaintsOf(page)).toEqual([]);
    const admin = await openPage(browser, exchange.url, { colorScheme, reducedMotion: 'reduce' });
    await logIn(admin, 'ada');
    await look(admin, ['/company', '/accounts', '/analytics', '/people', '/operations'], colorScheme);
    await admin.goto('/accounts');
    await admin.getByRole('link', { name: 'Kiwi Budgerigar' }).click();
    await isLoaded(admin, 'Account of Kiwi Budgerigar');
    await screenshot(admin, `account-of-${colorScheme}`);
    expect(await axeFindings(admin), 'an account').toEqual([]);
    // Dialogs and menus in front of pages.
    await admin.goto('/people');
    await admin.getByRole('button', { name: 'New account' }).click();
    await admin.getByRole('dialog').getByLabel('Name').waitFor();
    expect(await axeFindings(admin), 'a form').toEqual([]);
    await admin.keyboard.press('Escape');
    await admin.getByRole('dialog').waitFor({ state: 'detached' });
    await admin.getByRole('button', { name: 'Actions for Kiwi Budgerigar' }).click();
    await admin.getByRole('menuitem', { name: 'Change role' }).waitFor();
    expect(await axeFindings(admin), 'a menu').toEqual([]);
    await admin.keyboard.press('Escape');
    await admin.keyboard.press('ControlOrMeta+k');
    await admin.getByPlaceholder('Search and commands').waitFor();
    await screenshot(admin, `palette-${colorScheme}`);
    expect(await axeFindings(admin), 'the palette').toEqual([]);
    await admin.keyboard.press('Escape');
    await admin.getByPlaceholder('Search and commands').waitFor({ state: 'detached' });
    await admin.keyboard.press('?');
    await admin.getByRole('dialog').getByText('Single-key shortcuts').waitFor();
    expect(await axeFindings(admin), 'the help').toEqual([]);
    expect(complaintsOf(admin)).toEqual([]);
  });
});

test('every page fits a phone that is 360 px wide', async () => {
  const page = await openPage(browser, exchange.url, { viewport: phone, hasTouch: true, isMobile: true });
  await page.goto('/');
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await expectNoSidewaysScroll(page);
  for (const login of ['kiwi', 'ada'] as const) {
    const page = await openPage(browser, exchange.url, { viewport: phone, hasTouch: true, isMobile: true });
    await logIn(page, login);
    for (const { path, heading, name, for: viewers } of pages.filter((each) => each.for.includes(login))) {
      await page.goto(path);
      await isLoaded(page, heading);
      // Kiwi's pages look different to an admin.
      const isAnotherLook = login === 'ada' && viewers.includes('kiwi');
      await screenshot(page, `${name}-phone${isAnotherLook ? '-admin' : ''}`);
      await expectNoSidewaysScroll(page);
    }
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'My tasks' }).click();
    await isLoaded(page, 'My tasks');
  }
});

test('in Russian, in the company’s time zone', async () => {
  const page = await openPage(browser, exchange.url, { locale: 'ru-RU', timezoneId: 'America/New_York' });
  await page.goto('/');
  await page.getByLabel('Логин').waitFor();
  expect(await page.evaluate('document.documentElement.lang')).toBe('ru');
  await page.getByRole('button', { name: 'English' }).click();
  await logIn(page, 'kiwi');
  await page.getByRole('button', { name: /^Language/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Мои задачи' }).waitFor();
  // The choice is kept after a reload.
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Мои задачи' }).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Мой счёт' }).click();
  await page.getByRole('heading', { level: 1, name: 'Мой счёт' }).waitFor();
  const moment = page.locator('time').first();
  await moment.waitFor();
  const shown = await moment.textContent();
  const berlin = new Intl.DateTimeFormat('ru', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'Europe/Berlin',
  }).format(new Date((await moment.getAttribute('datetime')) as string));
  expect(shown).toBe(berlin);
});

test('the first load is less than 250 KB of compressed script', async () => {
  const page = await openPage(browser, exchange.url);
  await logIn(page, 'kiwi');
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  const scripts = new Map<string, number>();
  const urls = new Map<string, string>();
  session.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (type === 'Script') urls.set(requestId, response.url);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const url = urls.get(requestId);
    if (url) scripts.set(url, encodedDataLength);
  });
  const began = Date.now();
  await page.reload();
  await page.getByRole('textbox', { name: 'What is to be done?' }).waitFor();
  const interactiveMs = Date.now() - began;
  await page.waitForLoadState('networkidle');
  const bytes = [...scripts.values()].reduce((sum, size) => sum + size, 0);
  const paint = await page.evaluate(
    "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null",
  );
  console.log(
    `first load: ${(bytes / 1024).toFixed(0)} KiB of script in ${scripts.size} files, first paint after ${Math.round(Number(paint))} ms, the form for a new task after ${interactiveMs} ms`,
  );
  expect(scripts.size).toBeGreaterThan(1);
  expect(bytes).toBeLessThan(250_000);
});
