import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mailLeaseMs, maxMailAttempts } from '@ates/accounting/domain/mail';
import { listUnfinishedRuns } from '@ates/accounting/payoutRepository';
import { closeDay } from '@ates/accounting/usecases/closeDay';
import { claimDueMail, noteMailFailed } from '@ates/accounting/usecases/mailWages';
import { mailerHandlers } from '@ates/workers/accounting';
import { startMailer } from '@ates/workers/mail/startMailer';
import { fileTransport, type MailTransport, type Message, smtpTransport } from '@ates/workers/mail/transport';
import { startWorkers } from '@ates/workers/startWorkers';
import { sql } from 'kysely';
import { SMTPServer } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { TestClockSkew } from '../../tests/support/clockSkew.ts';
import { createQueueDatabase, testLog, workOn } from '../../tests/support/databases.ts';
import {
  countRows,
  deliver,
  expectSoundBooks,
  finishRun,
  idOf,
  openTestBooks,
  type TestBooks,
  userFact,
  usersChanged,
} from '../../tests/support/facts.ts';

/** Mail never holds up money: due mail stands in the database, and a real mail server takes or refuses it. */

const parrot = (n: number) => idOf(0xa, n);
const from = 'Task exchange <wages@example.com>';
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface MailServer {
  readonly url: string;
  readonly port: number;
  /** The messages that it took, in the order of arrival. */
  readonly taken: { to: string; text: string }[];
  close(): Promise<void>;
}

/** Starts a mail server. `refuse` returns the code with which it refuses every message, such as 550. */
async function startMailServer(
  options: { port?: number; refuse?: () => number | null } = {},
): Promise<MailServer> {
  const taken: { to: string; text: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo(_address: unknown, _session: unknown, answer: (error?: Error) => void) {
      const responseCode = options.refuse?.();
      answer(responseCode ? Object.assign(new Error('No such parrot here'), { responseCode }) : undefined);
    },
    onData(stream: NodeJS.ReadableStream, session: any, answer: () => void) {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      stream.on('end', () => {
        taken.push({ to: session.envelope.rcptTo[0].address, text });
        answer();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  closing.push(close);
  return { url: `smtp://127.0.0.1:${port}`, port, taken, close };
}

const messageIdOf = ({ text }: { text: string }) => /^Message-ID: (<.*>)\r?$/im.exec(text)?.[1];
const messageId = (payoutId: string) => `<${payoutId}@task-exchange>`;

/** Opens books in which some people have just been paid. The mailer gets the event unless `told` is false. */
async function openWithPayouts(people: number, { told = true } = {}): Promise<TestBooks> {
  const at = await openTestBooks('2026-03-10T09:00:00Z');
  closing.push(async () => {
    await expectSoundBooks(at.db);
    await at.close();
  });
  for (let n = 1; n <= people; n++) {
    await at.tell(usersChanged, [
      userFact(parrot(n), { name: `Parrot ${n}`, email: `parrot${n}@popug.example` }),
    ]);
    await at.reward(idOf(0xb, n), parrot(n));
  }
  await payOut(at);
  if (told) await tellMailer(at);
  return at;
}

/** Closes a day, today where none is given, and pays it out. */
async function payOut({ db, database, clock, company }: TestBooks, day?: string): Promise<void> {
  await closeDay(database, company, day);
  for (const { id } of await listUnfinishedRuns(db, clock.now())) await finishRun(database, id);
}

/** Delivers accounting's own events to the mailer, each time with a new id. */
async function tellMailer({ db, database }: TestBooks): Promise<void> {
  const events = await db
    .selectFrom('outbox_event')
    .selectAll()
    .where('event', 'like', '%wages_paid%')
    .execute();
  for (const { event, payload } of events) {
    const delivery = { eventId: crypto.randomUUID(), event, lane: 'bulk' as const, payload };
    await deliver(database, 'mailer', mailerHandlers, delivery);
  }
}

function mailWith(at: TestBooks, transport: MailTransport) {
  const mailer = startMailer({
    database: at.database,
    transport,
    skew: new TestClockSkew(),
    log: testLog,
  });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= mailer.stop();
    return stopped;
  };
  closing.push(stop);
  return { wake: mailer.wake, stop };
}

const mails = async ({ db }: TestBooks) =>
  db
    .selectFrom('payout_mail')
    .select(['payout_id', 'status', 'attempts', 'last_error'])
    .orderBy('payout_id')
    .execute();
const statuses = async (at: TestBooks) =>
  (await mails(at)).map(({ status, attempts }) => `${status} ${attempts}`);

/** Waits until both failures are noted. An attempt counts when it begins; the next is planned when it has failed. */
const failureIsNoted = (at: TestBooks, attempt: number) =>
  expect
    .poll(async () => (await mails(at)).map((mail) => mail.last_error !== null && mail.attempts), soon)
    .toEqual(Array(2).fill(attempt));

/** The mailer looks for mail when it is woken, and every 15 s. */
const soon = { timeout: 30_000, interval: 25 };

test('everybody who was paid gets one message, with an id of the payout, and the sum', async () => {
  const server = await startMailServer();
  const at = await openWithPayouts(3);
  await tellMailer(at);
  const mailer = mailWith(at, smtpTransport(server.url, from));
  await expect.poll(() => statuses(at), soon).toEqual(['SENT 1', 'SENT 1', 'SENT 1']);
  // The same event once more, and another look, send no second message.
  await tellMailer(at);
  at.clock.advance(24 * 3_600_000);
  mailer.wake();
  await mailer.stop();
  const payouts = await at.db.selectFrom('payout').selectAll().orderBy('account_id').execute();
  const taken = [...server.taken].sort((one, other) => one.to.localeCompare(other.to));
  expect(taken.map(({ to }) => to)).toEqual([1, 2, 3].map((n) => `parrot${n}@popug.example`));
  expect(taken.map(messageIdOf)).toEqual(payouts.map(({ id }) => messageId(id)));
  taken.forEach(({ text }, n) => {
    const sum = (payouts[n]!.amount_cents / 100).toFixed(2);
    expect(text).toContain(`Your wages for 2026-03-10: ${sum}`);
    expect(text).toContain(`Hello Parrot ${n + 1},`);
    expect(text).toContain(`your balance at the close of 2026-03-10, ${sum}, has been paid out to you.`);
    expect(text).toMatch(/^From: Task exchange <wages@example\.com>/m);
  });
});

test('whoever had a debt is told of the balance that was paid, which is less than they earned that day', async () => {
  const server = await startMailServer();
  const at = await openWithPayouts(0);
  await at.tell(usersChanged, [userFact(parrot(1))]);
  const fee = await at.charge(idOf(0xb, 1), parrot(1));
  await closeDay(at.database, at.company, '2026-03-10');
  at.clock.set('2026-03-11T09:00:00Z');
  const rewards = [await at.reward(idOf(0xb, 1), parrot(1)), await at.reward(idOf(0xb, 2), parrot(1))];
  await payOut(at, '2026-03-11');
  await tellMailer(at);
  mailWith(at, smtpTransport(server.url, from));
  await expect.poll(() => statuses(at), soon).toEqual(['SENT 1']);
  const earned = rewards[0]! + rewards[1]!;
  expect(server.taken[0]?.text).toContain(
    `your balance at the close of 2026-03-11, ${((earned - fee) / 100).toFixed(2)}, has been paid out to you.`,
  );
  expect(server.taken[0]?.text).not.toMatch(/earned/);
});

test('while the mail server is down mail waits, ever longer, and is sent when it is back', async () => {
  const gone = await startMailServer();
  await gone.close();
  const at = await openWithPayouts(2);
  const mailer = mailWith(at, smtpTransport(gone.url, from));
  await failureIsNoted(at, 1);
  const paid = await countRows(at.db, 'payout');
  // The second attempt comes after one minute, and the third after two more.
  for (const [attempt, minutes] of [
    [2, 1],
    [3, 2],
  ] as const) {
    at.clock.advance(minutes * 60_000 - 15_000);
    mailer.wake();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await statuses(at)).toEqual(Array(2).fill(`PENDING ${attempt - 1}`));
    await at.db.updateTable('payout_mail').set({ last_error: null }).execute();
    at.clock.advance(15_000);
    mailer.wake();
    await failureIsNoted(at, attempt);
  }
  expect((await mails(at))[0]?.last_error).toMatch(/ECONNREFUSED/);
  const back = await startMailServer({ port: gone.port });
  at.clock.advance(4 * 60_000);
  mailer.wake();
  await expect.poll(() => statuses(at), soon).toEqual(['SENT 4', 'SENT 4']);
  await mailer.stop();
  expect(back.taken).toHaveLength(2);
  expect(await countRows(at.db, 'payout')).toBe(paid);
});

test('an outage of the mail server of two days costs no mail, and it is asked at least every hour', async () => {
  const at = await openWithPayouts(1);
  const begin = at.clock.now().getTime();
  const asked: number[] = [];
  for (; at.clock.now().getTime() < begin + 48 * 3_600_000; at.clock.advance(60_000)) {
    for (const mail of await claimDueMail(at.database, 20)) {
      asked.push(at.clock.now().getTime());
      expect(await noteMailFailed(at.database, mail, 'no mail server')).toBe('PENDING');
    }
  }
  const waits = asked.slice(1).map((moment, before) => Math.round((moment - asked[before]!) / 60_000));
  expect(Math.max(...waits)).toBeLessThanOrEqual(61);
  const server = await startMailServer();
  at.clock.advance(3_600_000);
  mailWith(at, smtpTransport(server.url, from));
  await expect.poll(() => statuses(at), soon).toEqual([`SENT ${maxMailAttempts}`]);
});

test('mail that a process whose clock was ten days ahead has put off is due at once, not in ten days', async () => {
  const at = await openWithPayouts(4);
  const ahead = workOn(at.db, { now: () => new Date(at.clock.now().getTime() + 10 * 86_400_000) });
  const [mail] = await claimDueMail(ahead, 1);
  await noteMailFailed(ahead, mail!, 'no mail server');
  const waiting = new Date(at.clock.now().getTime() + 3_600_000);
  const [{ payout_id: other }] = (await mails(at)).filter(({ attempts }) => attempts === 0) as [any];
  await at.db.updateTable('payout_mail').set({ next_at: waiting }).where('payout_id', '=', other).execute();
  const claimed = async () => (await claimDueMail(at.database, 5)).map(({ payoutId }) => payoutId);
  const all = (await mails(at)).map(({ payout_id }) => payout_id);
  expect(await claimed()).toEqual(all.filter((id) => id !== other));
  expect(await claimed()).toEqual([]);
});

test('mail that is refused each time is given up after the last attempt, while the money stays paid', async () => {
  const server = await startMailServer({ refuse: () => 550 });
  const at = await openWithPayouts(1);
  const mailer = mailWith(at, smtpTransport(server.url, from));
  const seen = new Set<string>();
  await expect
    .poll(async () => {
      // Longer than the longest wait between two attempts.
      at.clock.advance(3_600_000);
      mailer.wake();
      const [status] = await statuses(at);
      seen.add(status!);
      return status;
    }, soon)
    .toBe(`FAILED ${maxMailAttempts}`);
  expect([...seen].filter((status) => status.startsWith('FAILED'))).toHaveLength(1);
  expect((await mails(at))[0]?.last_error).toMatch(/550 No such parrot here/);
  at.clock.advance(7 * 24 * 3_600_000);
  mailer.wake();
  await mailer.stop();
  expect(await statuses(at)).toEqual([`FAILED ${maxMailAttempts}`]);
  expect(server.taken).toEqual([]);
  const account = await at.db.selectFrom('account').select('balance_cents').executeTakeFirstOrThrow();
  expect(account.balance_cents).toBe(0);
  expect(await countRows(at.db, 'payout')).toBe(1);
});

test('one refused message does not hold the others up', async () => {
  let first = true;
  const server = await startMailServer({
    refuse: () => {
      const code = first ? 451 : null;
      first = false;
      return code;
    },
  });
  const at = await openWithPayouts(4);
  mailWith(at, smtpTransport(server.url, from));
  await expect
    .poll(async () => (await statuses(at)).sort(), soon)
    .toEqual(['PENDING 1', 'SENT 1', 'SENT 1', 'SENT 1']);
});

test('a crash between sending and noting it costs a duplicate with the same id, and nothing else', async () => {
  const server = await startMailServer();
  const at = await openWithPayouts(1);
  // A mailer up to its crash: it claims the mail, and the server has it.
  const claimed = await claimDueMail(at.database, 20);
  expect(claimed).toHaveLength(1);
  const transport = smtpTransport(server.url, from);
  const { payoutId, email } = claimed[0]!;
  await transport.send({ id: payoutId, to: email!, subject: 'Your wages', text: '' });
  transport.close();
  // The next mailer leaves the mail alone while it may still be under way.
  const mailer = mailWith(at, smtpTransport(server.url, from));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(server.taken).toHaveLength(1);
  at.clock.advance(mailLeaseMs);
  mailer.wake();
  await expect.poll(() => statuses(at), soon).toEqual(['SENT 2']);
  expect(server.taken.map(messageIdOf)).toEqual([messageId(payoutId), messageId(payoutId)]);
  at.clock.advance(24 * 3_600_000);
  mailer.wake();
  await mailer.stop();
  expect(server.taken).toHaveLength(2);
});

test('two mailers at once send each message once', async () => {
  const sent: Message[] = [];
  const slow: MailTransport = {
    connections: 4,
    async send(message) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      sent.push(message);
    },
    close() {},
  };
  const at = await openWithPayouts(30);
  mailWith(at, slow);
  mailWith(at, slow);
  await expect.poll(() => statuses(at), soon).toEqual(Array(30).fill('SENT 1'));
  expect(new Set(sent.map(({ id }) => id)).size).toBe(30);
  expect(sent).toHaveLength(30);
});

test('what one mailer has in hand is not sent by another, however slow the mail server', async () => {
  const sent: string[] = [];
  const quick: MailTransport = {
    connections: 4,
    async send({ id }) {
      sent.push(id);
    },
    close() {},
  };
  /** Lets the slow transport send. */
  let goOn = () => {};
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow: MailTransport = { ...quick, send: (message) => waiting.then(() => quick.send(message)) };
  const at = await openWithPayouts(30);
  mailWith(at, slow);
  await expect.poll(async () => (await statuses(at)).includes('PENDING 1'), soon).toBe(true);
  // After 100 s the first mailer still sends the mails that it has claimed.
  at.clock.advance(100_000);
  mailWith(at, quick);
  await expect.poll(() => sent.length, soon).toBeGreaterThanOrEqual(26);
  goOn();
  await expect.poll(() => statuses(at), soon).toEqual(Array(30).fill('SENT 1'));
  expect(new Set(sent).size).toBe(30);
  expect(sent).toHaveLength(30);
});

test('crashes at every attempt end as FAILED, not as mail for ever', async () => {
  const at = await openWithPayouts(1);
  for (let attempt = 1; attempt <= maxMailAttempts; attempt++) {
    expect(await claimDueMail(at.database, 20)).toMatchObject([{ attempts: attempt }]);
    at.clock.advance(24 * 3_600_000);
  }
  expect(await claimDueMail(at.database, 20)).toEqual([]);
  expect(await statuses(at)).toEqual([`FAILED ${maxMailAttempts}`]);
});

test('somebody whose address is not known yet is told when it is, however long that takes', async () => {
  const server = await startMailServer();
  const at = await openWithPayouts(0);
  at.clock.set('2026-03-11T09:00:00Z');
  await at.reward(idOf(0xb, 1), parrot(1));
  await payOut(at);
  await tellMailer(at);
  for (let hour = 0; hour < 2 * maxMailAttempts; hour++) {
    expect(await claimDueMail(at.database, 20)).toEqual([]);
    at.clock.advance(3_600_000);
  }
  // Waiting for the address does not count as an attempt.
  expect(await statuses(at)).toEqual(['PENDING 0']);
  const mailer = mailWith(at, smtpTransport(server.url, from));
  await expect
    .poll(async () => (await mails(at))[0]?.last_error, soon)
    .toMatch(/nobody has told accounting the address/);
  await at.tell(usersChanged, [userFact(parrot(1), { email: 'late@popug.example' })]);
  at.clock.advance(60_000);
  mailer.wake();
  await expect.poll(() => statuses(at), soon).toEqual(['SENT 1']);
  expect(server.taken.map(({ to }) => to)).toEqual(['late@popug.example']);
});

test('without a mail server each message is an .eml file, and one sent again replaces its own', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'exchange-mail-'));
  closing.push(() => rmSync(directory, { recursive: true, force: true }));
  const at = await openWithPayouts(2);
  const mailer = mailWith(at, fileTransport(join(directory, 'mail'), from));
  await expect.poll(() => statuses(at), soon).toEqual(['SENT 1', 'SENT 1']);
  await at.db.updateTable('payout_mail').set({ status: 'PENDING', next_at: at.clock.now() }).execute();
  mailer.wake();
  await expect.poll(() => statuses(at), soon).toEqual(['SENT 2', 'SENT 2']);
  const payouts = await at.db.selectFrom('payout').select('id').orderBy('id').execute();
  expect(readdirSync(join(directory, 'mail')).sort()).toEqual(payouts.map(({ id }) => `${id}.eml`));
  for (const { id } of payouts) {
    const text = readFileSync(join(directory, 'mail', `${id}.eml`), 'utf8');
    expect(messageIdOf({ text })).toBe(messageId(id));
    expect(text).toContain('Subject: Your wages for 2026-03-10');
  }
});

test('with SMTP_URL set, the workers carry a payout from the ledger to the mail server', async () => {
  const server = await startMailServer();
  const at = await openWithPayouts(3, { told: false });
  const workers = await startWorkers(
    {
      LOG_LEVEL: 'silent',
      HOST: '127.0.0.1',
      INTERNAL_PORT: 0,
      ACCOUNTING_DATABASE_URL: at.url,
      QUEUE_DATABASE_URL: await createQueueDatabase(),
      REDIS_CLUSTER: false,
      COMPANY_TIME_ZONE: 'UTC',
      SMTP_URL: server.url,
      MAIL_DIR: '/nowhere',
      MAIL_FROM: from,
      PREPARE: true,
    },
    testLog,
    { clock: at.clock },
  );
  closing.push(() => workers.stop());
  await sql`select pg_notify('outbox_interactive', '')`.execute(at.db);
  await expect.poll(() => statuses(at), soon).toEqual(['SENT 1', 'SENT 1', 'SENT 1']);
  expect(server.taken).toHaveLength(3);
  // The workers wake the mailer for this mail, before it looks by itself.
  at.clock.set('2026-03-11T09:00:00Z');
  await at.reward(idOf(0xb, 4), parrot(1));
  await closeDay(at.database, at.company);
  await expect.poll(() => server.taken.length, soon).toBe(4);
});
