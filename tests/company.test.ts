import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Exchange, startExchange } from './support/exchange.ts';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange({ startsAt: '2026-03-10T09:00:00Z' });
});
afterAll(() => exchange?.stop());

const inCents = (money: string) => Math.round(Number(money) * 100);

test('a task costs its assignee the fee, pays the reward, and the day pays the balance out', async () => {
  const { createTask: created } = await exchange.data(
    'max',
    `mutation { createTask(input: { title: "[POPUG-42] - Clean the cage", idempotencyKey: "k1" }) {
      id title jiraId assignee { id name } creator { name } assignmentFee completionReward } }`,
  );
  expect(created).toMatchObject({
    title: 'Clean the cage',
    jiraId: 'POPUG-42',
    creator: { name: 'Max Cockatoo' },
  });
  const fee = inCents(created.assignmentFee);
  const reward = inCents(created.completionReward);
  expect(fee).toBeGreaterThanOrEqual(1000);
  expect(reward).toBeGreaterThanOrEqual(2000);
  await exchange.settle();

  const { users } = await exchange.data('ada', '{ users { nodes { id login } } }');
  const assignee = users.nodes.find((user: { id: string }) => user.id === created.assignee.id).login;
  const account =
    '{ myAccount { balance earnedToday owner { name } auditLog { nodes { kind amount balanceAfter day description task { title } } } } }';
  const charged = await exchange.data(assignee, account);
  expect(inCents(charged.myAccount.balance)).toBe(-fee);

  await exchange.data(assignee, 'mutation ($id: ID!) { resolveTask(id: $id) { status } }', {
    id: created.id,
  });
  await exchange.settle();
  const earned = await exchange.data(assignee, account);
  expect(inCents(earned.myAccount.balance)).toBe(reward - fee);
  expect(earned.myAccount.auditLog.nodes.map((entry: { kind: string }) => entry.kind)).toEqual([
    'COMPLETION_REWARD',
    'ASSIGNMENT_FEE',
  ]);

  const today = await exchange.data(
    'ada',
    '{ companyDay { day earned feesCharged rewardsPaid closed } analyticsDay { topManagementEarned tasksCreated tasksResolved assignments employeesInTheRed mostExpensiveTask { reward task { title } } } }',
  );
  expect(inCents(today.companyDay.earned)).toBe(fee - reward);
  expect(inCents(today.analyticsDay.topManagementEarned)).toBe(fee - reward);
  expect(today.analyticsDay).toMatchObject({
    tasksCreated: 1,
    tasksResolved: 1,
    assignments: 1,
    mostExpensiveTask: { task: { title: 'Clean the cage' } },
  });

  await exchange.data('ada', 'mutation { closeDay { status day } }');
  await exchange.settle();
  const paid = await exchange.data(
    assignee,
    '{ myAccount { balance payouts { nodes { amount day email } } days { nodes { day opening fees rewards paidOut closing } } } }',
  );
  expect(inCents(paid.myAccount.balance)).toBe(Math.min(0, reward - fee));
  if (reward > fee) expect(inCents(paid.myAccount.payouts.nodes[0].amount)).toBe(reward - fee);
  const audit = await exchange.data(
    'ada',
    '{ ledgerAudit { ok imbalance entriesChecked mismatchedAccounts { id } } }',
  );
  expect(audit.ledgerAudit).toMatchObject({ ok: true, imbalance: '0.00' });
});

test('a dead letter that is not there is refused in the same words by every service', async () => {
  const id = '00000000-0000-4000-8000-000000000000';
  for (const service of ['Tracker', 'Accounting', 'Analytics']) {
    const resend = (given: string) =>
      exchange.ask('ada', `mutation { found: resend${service}DeadLetter(id: "${given}") }`);
    expect((await resend(id)).errors, service).toMatchObject([
      {
        message: `There is no dead letter ${id}; it may have been applied or discarded.`,
        extensions: { code: 'NOT_FOUND' },
      },
    ]);
    expect((await resend('POPUG-42')).errors, service).toMatchObject([
      { message: '"POPUG-42" is not a dead letter\'s id.', extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  }
});
