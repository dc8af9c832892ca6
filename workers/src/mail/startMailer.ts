import type { AccountingTables } from '@ates/accounting/tables';
import {
  type ClaimedMail,
  claimDueMail,
  noteMailFailed,
  noteMailSent,
} from '@ates/accounting/usecases/mailWages';
import type { Clock } from '@ates/kit/clock';
import type { Log } from '@ates/kit/log';
import { formatCents } from '@ates/kit/scalars';
import { startSweep } from '@ates/kit/sweep';
import type { Kysely } from 'kysely';
import { sweepIntervalMs } from '../group.ts';
import type { MailTransport } from './transport.ts';

/** How many messages are taken, and sent side by side, at a time. */
const batchSize = 20;

/**
 * Tells people by mail what they were paid (rule 11). What is due stands in accounting's database; a message that
 * could not be sent is tried again with back-off, then given up: the money was paid all the same.
 */
export function startMailer(options: {
  db: Kysely<AccountingTables>;
  transport: MailTransport;
  clock: Clock;
  log: Log;
}): { ring(): void; stop(): Promise<void> } {
  const { db, transport, clock, log } = options;
  let stopping = false;
  const sweep = startSweep({
    what: 'mailing wages',
    intervalMs: sweepIntervalMs,
    log,
    sweep: async () => {
      while (!stopping) {
        const due = await claimDueMail(db, clock.now(), batchSize);
        if (due.length === 0) return;
        await Promise.all(due.map((mail) => sendOne(mail)));
      }
    },
  });
  return {
    ring: () => sweep.ring(),
    async stop() {
      stopping = true;
      await sweep.stop();
      transport.close();
    },
  };

  async function sendOne(mail: ClaimedMail): Promise<void> {
    try {
      if (!mail.email)
        throw new Error(`nobody has told accounting the address of user ${mail.accountId} yet`);
      await transport.send({ id: mail.payoutId, to: mail.email, ...wagesMessage(mail) });
    } catch (error) {
      const became = await noteMailFailed(db, mail.payoutId, (error as Error).message, clock.now());
      const next = became === 'FAILED' ? 'given up; the money was paid all the same' : 'tried again later';
      log.warn(
        `the mail about payout ${mail.payoutId} could not be sent (${(error as Error).message}); it is ${next}`,
      );
      return;
    }
    await noteMailSent(db, mail.payoutId, clock.now());
  }
}

const wagesMessage = (mail: ClaimedMail) => ({
  subject: `Your wages for ${mail.day}: ${formatCents(mail.amountCents)}`,
  text: `Hello ${mail.name},

on ${mail.day} you earned ${formatCents(mail.amountCents)}, and that has been paid out to you.
You find every operation behind it in your audit log.

The task exchange
`,
});
