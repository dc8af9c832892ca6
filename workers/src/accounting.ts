import type { Company } from '@ates/accounting/domain/company';
import { listPaidDays, listUnfinishedRuns } from '@ates/accounting/payoutRepository';
import type { AccountingTables } from '@ates/accounting/tables';
import { applyUsersChanged } from '@ates/accounting/usecases/applyUsersChanged';
import { chargeFees } from '@ates/accounting/usecases/chargeFees';
import { closeDaysThatAreOver } from '@ates/accounting/usecases/closeDay';
import { fixPricesOfNewTasks } from '@ates/accounting/usecases/fixPrices';
import { noteWagesPaid } from '@ates/accounting/usecases/mailWages';
import { openCompany } from '@ates/accounting/usecases/openCompany';
import { payRewards } from '@ates/accounting/usecases/payRewards';
import { runPayoutBatch } from '@ates/accounting/usecases/runPayoutBatch';
import type { Broker } from '@ates/kit/events/broker';
import { type EventHandler, onEvent } from '@ates/kit/events/handlers';
import type { ServiceWork } from '@ates/kit/work';
import { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import type { Kysely } from 'kysely';
import { startMailer } from './mail/startMailer.ts';
import { transportOf } from './mail/transport.ts';
import { checkHandlers, consumersOf } from './routes.ts';
import type { WorkerSettings } from './settings.ts';

/** Returns accounting's handlers of events. */
export const accountingHandlers = (company: Company): readonly EventHandler<AccountingTables>[] =>
  checkHandlers('accounting', [
    onEvent(usersChanged, applyUsersChanged),
    onEvent(tasksCreated, (work, facts) => fixPricesOfNewTasks(work, facts, { company })),
    onEvent(tasksAssigned, (work, facts, { lane }) => chargeFees(work, facts, { lane, company })),
    onEvent(tasksResolved, (work, facts, { lane }) => payRewards(work, facts, { lane, company })),
  ]);

/** The mailer's handlers of events. Its state is in accounting's database. */
export const mailerHandlers = checkHandlers('mailer', [onEvent(wagesPaid, noteWagesPaid)]);

/** How often the loops below run, in milliseconds; one of them closes days that are over (rule 11). */
const closingIntervalMs = 60_000;

/** Accounting's work: posts to the ledger, closes days, pays wages, and mails about them. */
export const accountingWork: ServiceWork<AccountingTables, WorkerSettings> = {
  name: 'accounting',
  // Two consumers, each with two transactions for each kind of event and one batch; the runs, mail and the relay.
  poolSize: 20,
  sendsTo: consumersOf('accounting'),
  async open({ settings, database, broker, skew, log }) {
    const { COMPANY_TIME_ZONE: timeZone, PRICE_KEY: priceKey } = settings;
    const company = await openCompany(database.db, database.clock, { timeZone, priceKey, skew });
    const mailer = startMailer({ database, transport: transportOf(settings), skew, log });
    return {
      consumers: { accounting: accountingHandlers(company), mailer: mailerHandlers },
      runs: [
        {
          name: 'accounting-payouts',
          findUnfinished: (stillSince) => listUnfinishedRuns(database.db, stillSince),
          runBatch: (id) => runPayoutBatch(database, id),
        },
      ],
      begun: [{ ...mailer, wokenBy: 'mail' }],
      loops: [
        {
          what: 'closing days that are over',
          intervalMs: closingIntervalMs,
          run: () => closeDaysThatAreOver(database, company),
        },
        {
          what: 'marking paid days',
          intervalMs: closingIntervalMs,
          // Woken when a run ends.
          wokenBy: 'runs',
          run: () => markPaidDays(database.db, broker),
        },
      ],
    };
  },
};

/**
 * Marks the 31 newest paid days in Redis, as `payout:done:<day>`, for outside readers. The system does not read the
 * marks: a deleted one comes back, and no user is paid again.
 */
async function markPaidDays(db: Kysely<AccountingTables>, broker: Broker): Promise<void> {
  await broker.mark((await listPaidDays(db, 31)).map((day) => `payout:done:${day}`));
}
