import { readFileSync } from 'node:fs';
import { openDatabase } from '@ates/kit/database/pool';
import { newId } from '@ates/kit/process/ids';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import type { TrackerTables } from '@ates/tracker/tables';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { asSuperuser, testLog } from '../../tests/support/databases.ts';
import { type Exchange, startExchange } from '../../tests/support/exchange.ts';
import { createdFact } from '../../tests/support/facts.ts';
import { putUpTasks } from '../../tests/support/manyTasks.ts';
import { type Browser, complaintsOf, launchBrowser, logIn, openPage, type Page } from './support/browser.ts';

let exchange: Exchange;
let browser: Browser;
/** The ids of all users who can be assigned tasks, in the order of the draw. */
let eligible: string[];
/** The login that gets the next tasks; null for any. */
let nextAssignee: string | null = null;
const idOf = new Map<string, string>();

beforeAll(async () => {
  exchange = await startExchange({
    appDir: inject('appDir'),
    random: {
      below: (bound) =>
        nextAssignee === null
          ? Math.floor(Math.random() * bound)
          : eligible.indexOf(idOf.get(nextAssignee) as string),
    },
  });
  const people = ['iris', 'kiwi', 'rio', 'coco', 'pip', 'juno'];
  for (const login of people) idOf.set(login, (await exchange.data(login, '{ me { id } }')).me.id);
  eligible = people.map((login) => idOf.get(login) as string).sort();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await exchange?.stop();
});

const open = async (login: string): Promise<Page> => {
  const page = await openPage(browser, exchange.url);
  await logIn(page, login);
  return page;
};

async function createTask(
  assignee: string,
  title: string,
): Promise<{ id: string; completionReward: string }> {
  nextAssignee = assignee;
  const { createTask: task } = await exchange.data(
    'max',
    'mutation ($title: String!) { createTask(input: { title: $title }) { id completionReward } }',
    { title },
  );
  nextAssignee = null;
  return task;
}
const resolveTask = (login: string, id: string) =>
  exchange.data(login, 'mutation ($id: ID!) { resolveTask(id: $id) { id } }', { id });
const balanceOf = async (login: string): Promise<string> =>
  (await exchange.data(login, '{ myAccount { balance } }')).myAccount.balance;

/** Formats a balance as the corner of the page shows it. */
const shown = (amount: string) =>
  new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(Number(amount));
const expectBalance = (page: Page, amount: string) =>
  page
    .getByTestId('balance')
    .filter({ hasText: new RegExp(`^${shown(amount).replace('.', '\\.')}$`) })
    .waitFor();
const task = (page: Page, title: string) => page.getByTestId('task').filter({ hasText: title });

test('a task is put up, done, and shows as money in another browser, none of which is reloaded', async () => {
  const [here, there] = [await open('kiwi'), await open('kiwi')];
  await there.getByRole('navigation').getByRole('link', { name: 'My account' }).click();
  await there.getByRole('heading', { name: 'My account' }).waitFor();
  nextAssignee = 'kiwi';
  await here.getByLabel('What is to be done?').fill('[POPUG-7] - Clean the beak');
  await here.getByRole('button', { name: 'Create task' }).click();
  await here.getByText('Assigned to Kiwi Budgerigar').waitFor();
  nextAssignee = null;
  await task(here, 'Clean the beak').getByText('POPUG-7').waitFor();
  await exchange.settle();
  await expectBalance(there, await balanceOf('kiwi'));
  expect(Number(await balanceOf('kiwi'))).toBeLessThan(0);
  await here.getByRole('button', { name: 'Mark “Clean the beak” as done' }).click();
  await here.getByRole('button', { name: 'Mark “Clean the beak” as done' }).waitFor({ state: 'detached' });
  await exchange.settle();
  const after = await balanceOf('kiwi');
  for (const page of [here, there]) await expectBalance(page, after);
  // The account lists each operation in a sentence, without a reload.
  await there.getByRole('cell', { name: /Reward.*Clean the beak/ }).waitFor();
  await there.getByRole('cell', { name: /Fee.*Clean the beak/ }).waitFor();
  await task(here, 'Clean the beak').waitFor();
  expect([...complaintsOf(here), ...complaintsOf(there)]).toEqual([]);
});

test('tasks come and go by themselves; what is refused is taken back and says why', async () => {
  const page = await open('rio');
  const { id } = await createTask('rio', 'Sort the seeds');
  await task(page, 'Sort the seeds').waitFor();
  // The task is done elsewhere while this page is offline.
  await page.context().setOffline(true);
  await page.getByText('No connection to the exchange').waitFor();
  await resolveTask('rio', id);
  await page.context().setOffline(false);
  await page.getByText('No connection to the exchange').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Mark “Sort the seeds” as done' }).waitFor({ state: 'detached' });

  const other = await createTask('rio', 'Count the nuts');
  await task(page, 'Count the nuts').waitFor();
  // The task is resolved elsewhere just before the page's request goes on.
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('ResolveTask')) await resolveTask('rio', other.id);
    await route.continue();
  });
  await page.getByRole('button', { name: 'Mark “Count the nuts” as done' }).click();
  await page.getByText(/^The task could not be marked as done/).waitFor();
  await page.getByRole('button', { name: 'Mark “Count the nuts” as done' }).waitFor({ state: 'detached' });
});

test('the list of all tasks has what came while there was no connection', async () => {
  await createTask('rio', 'Seen before');
  const page = await open('max');
  await page.getByRole('navigation').getByRole('link', { name: 'All tasks' }).click();
  await page.getByTestId('tasks').getByText('Seen before').waitFor();
  await page.context().setOffline(true);
  await page.getByText('No connection to the exchange').waitFor();
  await createTask('rio', 'Seen after all');
  await page.context().setOffline(false);
  await page.getByTestId('tasks').getByText('Seen after all').waitFor();
  expect(await page.getByTestId('tasks').getByText('Seen before').count()).toBe(1);
});

test('without a connection what was seen can be read, and what was never loaded comes when it is back', async () => {
  await createTask('coco', 'Wait for the line');
  const page = await open('coco');
  const menu = page.getByRole('navigation');
  await menu.getByRole('link', { name: 'My account' }).click();
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  await menu.getByRole('link', { name: 'My tasks' }).click();
  await page.context().setOffline(true);
  // The files of these pages were never loaded.
  await page.getByRole('button', { name: /^Signed in as/ }).click();
  await menu.getByRole('link', { name: 'All tasks' }).click();
  await menu.getByRole('link', { name: 'My account' }).click();
  await page.getByText('A part of this is not available').first().waitFor();
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  await menu.getByRole('link', { name: 'All tasks' }).click();
  await page.context().setOffline(false);
  await page.getByTestId('tasks').getByText('Wait for the line').waitFor();
  await page.getByRole('menuitem', { name: 'Log out', exact: true }).waitFor();
  expect(await page.getByText('This page has broken').count()).toBe(0);
});

test('keys do what the mouse does', async () => {
  const page = await open('coco');
  await createTask('coco', 'First');
  await createTask('coco', 'Another');
  for (const title of ['First', 'Another']) await task(page, title).waitFor();
  await page.keyboard.press('j');
  expect(await page.locator('[data-selected]').textContent()).toContain('Another');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('heading', { name: 'First' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // An overlay in front of the page gets the keys alone.
  await page.getByRole('button', { name: 'Search and commands' }).click();
  await page.getByPlaceholder('Search and commands').waitFor();
  await page.keyboard.press('Escape');
  await page.getByPlaceholder('Search and commands').waitFor({ state: 'detached' });
  await page.keyboard.press('d');
  await page.getByRole('button', { name: 'Mark “First” as done' }).waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Keyboard shortcuts').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  await page.keyboard.press('n');
  await page.getByLabel('What is to be done?').waitFor();
  expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe(
    'What is to be done?',
  );
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByPlaceholder('Search and commands').fill('Another');
  await page.locator('.mantine-Spotlight-action', { hasText: 'Another' }).click();
  await page.getByRole('dialog').getByRole('heading', { name: 'Another' }).waitFor();
});

test('an admin closes the day; whoever earned something sees their payout, and the books balance', async () => {
  for (const title of ['Earn a little', 'Earn a little more']) {
    const { id } = await createTask('juno', title);
    await resolveTask('juno', id);
  }
  await exchange.settle();
  const earned = await balanceOf('juno');
  expect(Number(earned)).toBeGreaterThan(0);
  // Every positive balance is paid.
  const positive: string[] = [];
  for (const login of idOf.keys()) if (Number(await balanceOf(login)) > 0) positive.push(login);
  const [admin, employee] = [await open('ada'), await open('juno')];
  await employee.getByRole('navigation').getByRole('link', { name: 'My account' }).click();
  await employee.getByRole('tab', { name: 'Payouts' }).click();
  await employee.getByText('Nothing paid out yet').waitFor();
  await admin.getByRole('navigation').getByRole('link', { name: 'Operations' }).click();
  await admin.getByText('No day has been closed yet').waitFor();
  await admin.getByRole('button', { name: 'Close the day' }).click();
  await admin.getByRole('button', { name: 'Close it and pay out' }).click();
  const run = admin.getByTestId('payout-run');
  await run.getByText('Paid', { exact: true }).waitFor();
  await run.getByText(`${positive.length} paid`).waitFor();
  // The payout shows on the page that was open all the time, without a reload.
  const payout = employee.getByRole('row').filter({ hasText: shown(earned) });
  await payout.getByText(/^mail/).waitFor();
  await expectBalance(employee, '0');
  await exchange.settle();
  await employee.getByRole('tab', { name: 'Audit log' }).click();
  await employee.getByRole('cell', { name: /^Wages for/ }).waitFor();
  await employee.getByRole('tab', { name: 'Payouts' }).click();
  await payout.getByText('mail sent').waitFor();

  await admin.getByRole('tab', { name: 'Ledger audit' }).click();
  await admin.getByRole('button', { name: 'Check the ledger' }).click();
  await admin.getByText(/The books balance: [\d,]+ entries checked/).waitFor();
  expect([...complaintsOf(admin), ...complaintsOf(employee)]).toEqual([]);
});

test('an admin sees what was refused, and sends it again', async () => {
  const accounting = new pg.Client({ connectionString: asSuperuser(exchange.databases.accounting) });
  await accounting.connect();
  const fact = createdFact(newId(), '2026-03-10T09:00:00.000Z');
  try {
    await accounting.query(
      `insert into dead_letter (id, consumer, event, lane, fact, error, attempts, failed_at)
       values ($1, 'accounting', $2, 'interactive', $3, 'title is missing', 1, now())`,
      [newId(), tasksCreated.name, JSON.stringify({ ...fact, title: null })],
    );
    const admin = await open('ada');
    await admin.getByRole('navigation').getByRole('link', { name: 'Operations' }).click();
    await admin.getByRole('tab', { name: 'Dead letters' }).click();
    await admin.getByRole('button', { name: /tracker.tasks_created.v1 → accounting/ }).click();
    await admin.getByText('"title": null').waitFor();
    await admin.getByRole('button', { name: 'Apply again' }).click();
    // The fact is refused again, and its new reason shows.
    await admin.getByText(/does not match the schema.* 2 attempts/).waitFor();
    await accounting.query('update dead_letter set fact = $1', [JSON.stringify(fact)]);
    await admin.getByRole('button', { name: 'Apply again' }).click();
    await admin.getByText('No dead letters').waitFor();
    expect(complaintsOf(admin)).toEqual([]);
  } finally {
    await accounting.end();
  }
});

test('a manager reassigns, sees how far it is, and everybody hears of it', async () => {
  const tracker = openDatabase<TrackerTables>(
    asSuperuser(exchange.databases.tracker),
    { poolSize: 1, statementTimeoutMs: 60_000, applicationName: 'e2e' },
    testLog,
  );
  await putUpTasks(tracker, 3_000);
  await tracker.destroy();
  await exchange.settle();
  const [manager, employee] = [await open('max'), await open('pip')];
  await manager.getByRole('button', { name: 'Reassign all' }).click();
  await manager.getByRole('button', { name: 'Reassign', exact: true }).click();
  await manager.getByTestId('reassignment').getByText('All tasks are reassigned').waitFor();
  const { reassignments } = await exchange.data(
    'max',
    '{ reassignments(first: 1) { nodes { total processed } } }',
  );
  const { total } = reassignments.nodes[0];
  await manager.getByText(`${total.toLocaleString('en')} of ${total.toLocaleString('en')}`).waitFor();
  await exchange.settle();
  await expectBalance(employee, await balanceOf('pip'));
  // Scrolls through all tasks, a screenful at a time.
  await manager.goto('/tasks');
  const list = manager.getByTestId('tasks');
  await list.getByRole('listitem').first().waitFor();
  for (let pages = 0; pages < 60; pages++) {
    await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await manager.waitForTimeout(60);
    const whole = await list.locator('li').last().getAttribute('aria-setsize');
    if (whole !== '-1') break;
  }
  expect(Number(await list.locator('li').last().getAttribute('aria-setsize'))).toBeGreaterThan(3_000);
  expect(await list.locator('li').count()).toBeLessThan(60);
  await manager.getByPlaceholder('Title or Jira id').fill('Task 2999');
  await list.getByText('Task 2999').waitFor();
  expect(await list.locator('li').count()).toBe(1);
  expect(new URL(manager.url()).searchParams.get('search')).toBe('Task 2999');
  expect(complaintsOf(manager)).toEqual([]);
});

test('a reassignment that is under way can be stopped, and another press asks what is to become of it', async () => {
  await createTask('coco', 'Stay with somebody');
  await exchange.settle();
  const page = await open('max');
  await exchange.stopWorkers();
  try {
    await page.getByRole('button', { name: 'Reassign all' }).click();
    await page.getByRole('button', { name: 'Reassign', exact: true }).click();
    const shown = page.getByTestId('reassignment');
    await shown.getByText('Waiting').waitFor();
    await page.getByRole('button', { name: 'Reassign all' }).click();
    const choice = page.getByRole('radiogroup', { name: 'A reassignment is under way' });
    await choice.getByLabel('Run once more after it').click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await shown.getByRole('button', { name: 'Stop it' }).click();
    await shown.getByText('Stopped', { exact: true }).waitFor();
    // A page that is opened later shows no run.
    await page.reload();
    await page.getByRole('button', { name: 'Reassign all' }).waitFor();
    expect(await shown.count()).toBe(0);
  } finally {
    await exchange.startWorkers();
  }
  const { reassignments } = await exchange.data('max', '{ reassignments(first: 1) { nodes { status } } }');
  expect(reassignments.nodes[0].status).toBe('CANCELLED');
  expect(complaintsOf(page)).toEqual([]);
});

test('what somebody was paid, and a month of it as a file', async () => {
  // This task counts towards the day after the one that was closed.
  const { id } = await createTask('iris', 'Write the minutes');
  await resolveTask('iris', id);
  await exchange.settle();
  const page = await open('iris');
  await page.getByRole('navigation').getByRole('link', { name: 'My account' }).click();
  await page.getByRole('cell', { name: /Reward.*Write the minutes/ }).waitFor();
  await page.getByRole('button', { name: 'Month as CSV' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('dialog').getByRole('button', { name: 'Month as CSV' }).click(),
  ]);
  const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
  expect(lines[0]).toBe('\uFEFFday,occurredAt,kind,amount,balanceAfter,description');
  const month = download.suggestedFilename().slice('account-'.length, -'.csv'.length);
  const { myAccount } = await exchange.data('iris', '{ myAccount { id balance } }');
  const accounting = new pg.Client({ connectionString: asSuperuser(exchange.databases.accounting) });
  await accounting.connect();
  const { rows } = await accounting.query(
    `select count(*)::int as n from ledger_entry where account_id = $1 and to_char(day, 'YYYY-MM') = $2`,
    [myAccount.id, month],
  );
  await accounting.end();
  expect(lines.length - 2).toBe(rows[0].n);
  // The oldest entry comes first, so the last line has the current balance.
  expect(lines.at(-2)).toContain(`,${myAccount.balance},`);
});

test('a day is typed to its end, though the figures change with every key', async () => {
  const page = await open('ada');
  await page.getByRole('navigation').getByRole('link', { name: 'Company' }).click();
  const from = page.getByLabel('From', { exact: true });
  // The middle of a past month: a day less and a month less are valid days, too.
  const start = new Date(Date.now() - 100 * 86_400_000).toISOString().slice(0, 8).concat('15');
  await from.fill(start);
  const seen = [start];
  await from.focus();
  for (const _ of [1, 2, 3]) {
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(300);
    expect(await from.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true);
    seen.push(await from.inputValue());
  }
  expect(new Set(seen).size).toBe(4);
  expect(complaintsOf(page)).toEqual([]);
});

test('an admin makes an account, changes its role, resets its beak and deactivates it, which ends its page', async () => {
  const admin = await open('ada');
  await admin.getByRole('navigation').getByRole('link', { name: 'People' }).click();
  await admin.getByRole('button', { name: 'New account' }).click();
  const form = admin.getByRole('dialog');
  await form.getByLabel('Name').fill('Gus Grey');
  await form.getByLabel('Login').fill('gus');
  await form.getByLabel('E-mail').fill('not an address');
  await form.getByText('Draw it').click();
  await form.getByRole('button', { name: 'Surprise me' }).click();
  const shape = await form.getByRole('textbox', { name: 'Shape of the beak' }).inputValue();
  expect(shape.split(', ')).toHaveLength(3);
  await form.getByRole('button', { name: 'Make the account' }).click();
  // The form is refused with a reason, and keeps what was typed.
  await form.getByRole('alert').waitFor();
  await form.getByLabel('E-mail').fill('gus@popug.example');
  await form.getByRole('button', { name: 'Make the account' }).click();
  await admin.getByText('Gus Grey has an account now').waitFor();
  await exchange.settle();

  const gus = await openPage(browser, exchange.url);
  await gus.goto('/');
  await gus.getByLabel('Login', { exact: true }).fill('gus');
  await gus.getByRole('textbox', { name: 'Shape of your beak' }).fill('something else');
  await gus.getByRole('button', { name: 'Log in' }).click();
  await gus.getByText('The login or the beak shape is wrong').waitFor();
  await gus.getByRole('textbox', { name: 'Shape of your beak' }).fill(shape);
  await gus.getByRole('button', { name: 'Log in' }).click();
  await gus.getByTestId('balance').waitFor();
  expect(await gus.getByRole('link', { name: 'People' }).count()).toBe(0);

  const act = async (action: string) => {
    await admin.getByRole('button', { name: 'Actions for Gus Grey' }).click();
    await admin.getByRole('menuitem', { name: action }).click();
  };
  await act('Change role');
  await admin.getByRole('dialog').getByRole('combobox', { name: 'Role' }).click();
  await admin.getByRole('option', { name: 'Manager' }).click();
  await admin.getByRole('dialog').getByRole('button', { name: 'Change role' }).click();
  const row = admin.getByRole('row', { name: /Gus Grey/ });
  await row.getByRole('cell', { name: 'Manager', exact: true }).waitFor();
  await exchange.settle();
  // The new role shows with the next token.
  await gus.reload();
  await gus.getByRole('link', { name: 'People' }).waitFor();
  await act('Deactivate');
  await admin.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
  await gus.getByText('Your session has ended').waitFor();
  await row.getByText('Deactivated').waitFor();

  await act('Reactivate');
  await admin.getByRole('dialog').getByRole('button', { name: 'Reactivate' }).click();
  await row.getByText('Active', { exact: true }).waitFor();
  await act('Change e-mail');
  await admin.getByRole('dialog').getByLabel('E-mail').fill('gus.grey@popug.example');
  await admin.getByRole('dialog').getByRole('button', { name: 'Change e-mail' }).click();
  await row.getByRole('cell', { name: 'gus.grey@popug.example', exact: true }).waitFor();
  await act('Reset beak shape');
  await admin.getByRole('dialog').getByRole('textbox').fill('blunt and grey');
  await admin.getByRole('dialog').getByRole('button', { name: 'Reset beak shape' }).click();
  await admin.getByRole('dialog').waitFor({ state: 'detached' });
  await gus.getByLabel('Login', { exact: true }).fill('gus');
  await gus.getByRole('textbox', { name: 'Shape of your beak' }).fill('blunt and grey');
  await gus.getByRole('button', { name: 'Log in' }).click();
  await gus.getByTestId('balance').waitFor();
  expect(complaintsOf(admin)).toEqual([]);
});

test('a session outlives a reload and a token, and a log-out ends it in every tab', async () => {
  const page = await open('pip');
  await page.reload();
  await page.getByTestId('balance').waitFor();
  expect(await page.evaluate('JSON.stringify({ ...localStorage })')).not.toMatch(/ey[A-Za-z0-9_-]+\./);
  const second = await page.context().newPage();
  await second.goto('/');
  await second.getByTestId('balance').waitFor();
  // The token runs out, and the next request uses a new one.
  exchange.clock.advance(20 * 60_000);
  await second.getByLabel('What is to be done?').fill('After a while');
  await second.getByRole('button', { name: 'Create task' }).click();
  await second.getByText(/^Assigned to/).waitFor();
  await page.getByRole('button', { name: /^Signed in as/ }).click();
  await page.getByRole('menuitem', { name: 'Log out', exact: true }).click();
  for (const each of [page, second]) await each.getByRole('button', { name: 'Log in' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
});

test('a gateway that is restarted under an open page is back by itself, and nothing is missed', async () => {
  const page = await open('kiwi');
  await exchange.stopGateway();
  await page.getByText('No connection to the exchange').waitFor();
  // The content of the page stays readable.
  await page.getByRole('heading', { name: 'My tasks' }).waitFor();
  await exchange.startGateway();
  await page.getByText('No connection to the exchange').waitFor({ state: 'detached' });
  await createTask('kiwi', 'Welcome back');
  await task(page, 'Welcome back').waitFor();
  await exchange.settle();
  await expectBalance(page, await balanceOf('kiwi'));
});

test('a socket whose token runs out is opened anew with another, and the page notices nothing', async () => {
  const page = await open('rio');
  await exchange.stopGateway();
  await page.getByText('No connection to the exchange').waitFor();
  // The page's token holds for some seconds more, and so does the socket that is opened with it.
  exchange.clock.advance(14 * 60_000 + 40_000);
  await exchange.startGateway();
  await page.getByText('No connection to the exchange').waitFor({ state: 'detached' });
  const renewal = await page.waitForRequest((request) => !!request.postData()?.includes('RenewSession'), {
    timeout: 40_000,
  });
  expect((await renewal.response())?.status()).toBe(200);
  await createTask('rio', 'Go on as before');
  await task(page, 'Go on as before').waitFor();
  expect(await page.getByText('No connection to the exchange').count()).toBe(0);
});
