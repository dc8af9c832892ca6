import type { Company } from '@ates/accounting/domain/company';
import { listUnfinishedRuns } from '@ates/accounting/payoutRepository';
import type { AccountingTables } from '@ates/accounting/tables';
import { applyUsersChanged } from '@ates/accounting/usecases/applyUsersChanged';
import { chargeFees } from '@ates/accounting/usecases/chargeFees';
import { closeDaysThatAreOver } from '@ates/accounting/usecases/closeDay';
import { fixPricesOfNewTasks } from '@ates/accounting/usecases/fixPrices';
import { noteWagesPaid } from '@ates/accounting/usecases/mailWages';
import { openCompany } from '@ates/accounting/usecases/openCompany';
import { payRewards } from '@ates/accounting/usecases/payRewards';
import { runPayoutBatch } from '@ates/accounting/usecases/runPayoutBatch';
import { type EventHandler, onEvent } from '@ates/kit/events/handlers';
import type { ServiceWork } from '@ates/kit/work';
import { wagesPaid } from '@ates/schema/events/accounting.wages_paid.v1';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import { tasksResolved } from '@ates/schema/events/tracker.tasks_resolved.v1';
import { startMailer } from './mail/startMailer.ts';
import { transportOf } from './mail/transport.ts';
import { markPaidDays } from './markPaidDays.ts';
import { checkHandlers, consumersOf } from './routes.ts';
import type { WorkerSettings } from './settings.ts';

/** What accounting does with each event. */
export const accountingHandlers = (company: Company): readonly EventHandler<AccountingTables>[] =>
  checkHandlers('accounting', [
    onEvent(usersChanged, applyUsersChanged),
    onEvent(tasksCreated, (work, facts) => fixPricesOfNewTasks(work, facts, { company })),
    onEvent(tasksAssigned, (work, facts, { lane }) => chargeFees(work, facts, { lane, company })),
    onEvent(tasksResolved, (work, facts, { lane }) => payRewards(work, facts, { lane, company })),
  ]);

/** What the mailer, whose state is in accounting's database, does with each event. */
export const mailerHandlers = checkHandlers('mailer', [onEvent(wagesPaid, noteWagesPaid)]);

/** How often it is looked whether a day is over, in milliseconds (rule 11). */
const closingIntervalMs = 60_000;

/** Accounting posts to the ledger, closes days, pays wages, and mails about them. */
export const accountingWork: ServiceWork<AccountingTables, WorkerSettings> = {
  name: 'accounting',
  // Two consumers with two transactions for each kind of event and a batch at a time, the runs, mail and the relay.
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
          // A run that ends wakes those that wait for it.
          wokenBy: 'runs',
          run: () => markPaidDays(database.db, broker),
        },
      ],
    };
  },
};
