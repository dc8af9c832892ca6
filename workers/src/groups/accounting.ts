import type { Books } from '@ates/accounting/domain/company';
import { listUnfinishedRuns } from '@ates/accounting/payoutRepository';
import type { AccountingTables } from '@ates/accounting/tables';
import { closeDaysThatAreOver } from '@ates/accounting/usecases/closeDay';
import { openBooks } from '@ates/accounting/usecases/openBooks';
import { runPayoutBatch } from '@ates/accounting/usecases/runPayoutBatch';
import { databaseNow, watchClockSkew } from '@ates/kit/clockSkew';
import { startConsumer } from '@ates/kit/consumer';
import {
  type DatabaseLocation,
  type LoopName,
  listenForWakes,
  openServiceDatabase,
} from '@ates/kit/database';
import { openHints } from '@ates/kit/hints';
import { type EventHandler, purgeInbox } from '@ates/kit/inbox';
import { startRelay } from '@ates/kit/relay';
import { startSweep } from '@ates/kit/sweep';
import { ServiceDatabase } from '@ates/kit/unitOfWork';
import { databaseIsReady } from '../databaseIsReady.ts';
import type { GroupContext, RunningGroup } from '../group.ts';
import { applyUsersChangedToAccounting } from '../handlers/accounting/applyUsersChanged.ts';
import { chargeFeesBy } from '../handlers/accounting/chargeFees.ts';
import { fixPricesOfNewTasksBy } from '../handlers/accounting/fixPricesOfNewTasks.ts';
import { payRewardsBy } from '../handlers/accounting/payRewards.ts';
import { noteWagesPaidForMail } from '../handlers/mailer/noteWagesPaid.ts';
import { startMailer } from '../mail/startMailer.ts';
import { fileTransport, smtpTransport } from '../mail/transport.ts';
import { checkHandlers, consumersOf } from '../routes.ts';
import { markPaidDays } from '../runs/markPaidDays.ts';
import { startRuns } from '../runs/startRuns.ts';
import type { WorkerSettings } from '../settings.ts';

/** What accounting does with each event. */
export const accountingHandlers = (books: Books): readonly EventHandler<AccountingTables>[] =>
  checkHandlers('accounting', [
    applyUsersChangedToAccounting,
    fixPricesOfNewTasksBy(books),
    chargeFeesBy(books),
    payRewardsBy(books),
  ]);

/** What the mailer, whose state is in accounting's database, does with each event. */
export const mailerHandlers: readonly EventHandler<AccountingTables>[] = checkHandlers('mailer', [
  noteWagesPaidForMail,
]);

/** How often it is looked whether a day is over, in milliseconds (rule 11). */
const closingIntervalMs = 60_000;

/** Accounting's work: its relay, the ledger, the closing of days, payout runs, and the mail about them. */
export async function startAccountingGroup(
  location: DatabaseLocation,
  { broker, redis, clock, log, companyTimeZone, poolSize, prepare, skew: given }: GroupContext,
  settings: WorkerSettings,
): Promise<RunningGroup> {
  const { db, listenUrl } = await openServiceDatabase<AccountingTables>(
    location,
    // Two consumers with two transactions for each kind of event and a batch at a time, the runs, mail and the relay.
    { poolSize: poolSize ?? 20, statementTimeoutMs: 30_000, applicationName: 'accounting workers', prepare },
    log,
  );
  const skew = given ?? (await watchClockSkew({ db, service: 'accounting', log }));
  const hints = openHints({ service: 'accounting', db, listenUrl, redis, log });
  const database = new ServiceDatabase(db, { clock, hints });
  const now = () => clock.now();
  const books = await openBooks(db, clock, {
    timeZone: companyTimeZone,
    priceKey: settings.PRICE_KEY,
    skew,
  });
  const transport = settings.SMTP_URL
    ? smtpTransport(settings.SMTP_URL, settings.MAIL_FROM)
    : fileTransport(settings.MAIL_DIR, settings.MAIL_FROM);
  const relay = await startRelay({
    database,
    broker,
    producer: 'accounting',
    consumers: consumersOf('accounting'),
    now: databaseNow(clock, skew),
    log,
  });
  const ledger = startConsumer({
    database,
    broker,
    consumer: 'accounting',
    handlers: accountingHandlers(books),
    skew,
    log,
  });
  const mail = startConsumer({ database, broker, consumer: 'mailer', handlers: mailerHandlers, skew, log });
  const mailer = startMailer({ database, transport, skew, log });
  const marks = startSweep({
    what: 'marking paid days',
    intervalMs: closingIntervalMs,
    skew,
    log,
    sweep: () => markPaidDays(db, broker),
  });
  const runs = startRuns({
    name: 'accounting-payouts',
    broker,
    clock,
    skew,
    log,
    findUnfinished: (stillSince) => listUnfinishedRuns(db, stillSince),
    runBatch: async (id) => {
      const outcome = await runPayoutBatch(database, id);
      if (outcome === 'ended') marks.ring();
      return outcome;
    },
  });
  const closing = startSweep({
    what: 'closing days that are over',
    intervalMs: closingIntervalMs,
    skew,
    log,
    sweep: async () => {
      await closeDaysThatAreOver(database, books);
    },
  });
  const housekeeping = startSweep({
    what: "forgetting accounting's old inbox rows",
    intervalMs: 3_600_000,
    skew,
    log,
    sweep: () => purgeInbox(db, now()),
  });
  const wakers: Record<LoopName, () => void> = {
    outbox_interactive: () => relay.ring('interactive'),
    outbox_bulk: () => relay.ring('bulk'),
    runs: () => runs.ring(),
    mail: () => mailer.ring(),
    dead_letters: () => {
      ledger.ring();
      mail.ring();
    },
  };
  const notifications = listenForWakes(listenUrl, (loop) => wakers[loop](), log);
  return {
    skew,
    isReady: () => databaseIsReady(db, 'ACCOUNTING_DATABASE_URL', skew),
    show(gauges) {
      gauges.showOverdue('accounting', relay);
      gauges.showPutAside(db);
    },
    async stop() {
      await Promise.all(
        [runs, closing, marks, mailer, ledger, mail, housekeeping].map((part) => part.stop()),
      );
    },
    async close() {
      skew.stop();
      await Promise.all([notifications.stop(), relay.stop()]);
      await hints.close();
      await db.destroy();
    },
  };
}
