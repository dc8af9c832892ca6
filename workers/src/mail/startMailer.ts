import type { ClaimedMail } from '@ates/accounting/domain/mail';
import type { AccountingTables } from '@ates/accounting/tables';
import { claimDueMail, noteMailFailed, noteMailSent } from '@ates/accounting/usecases/mailWages';
import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import type { ClockSkew } from '@ates/kit/process/clockSkew';
import type { Log } from '@ates/kit/process/log';
import { type Loop, startLoop } from '@ates/kit/process/loop';
import { formatCents } from '@ates/schema/scalars';
import type { MailTransport } from './transport.ts';

/** How often the loop looks for due mail without being woken, such as for another attempt, in milliseconds. */
const mailIntervalMs = 15_000;

/**
 * Starts the loop that mails people about their wages (rule 11). Due mail is in accounting's database. A mail that
 * could not be sent is tried again after a back-off, then given up; the payout stays paid.
 */
export function startMailer(options: {
  database: ServiceDatabase<AccountingTables>;
  transport: MailTransport;
  skew: ClockSkew;
  log: Log;
}): Loop {
  const { database, transport, skew, log } = options;
  let stopping = false;
  const loop = startLoop({
    what: 'mailing wages',
    intervalMs: mailIntervalMs,
    skew,
    log,
    run: async () => {
      while (!stopping && !skew.outOfStep) {
        // No more than are sent at once: a mail that waits for a connection would use up the time of its claim.
        const claimed = await claimDueMail(database, transport.connections);
        if (claimed.length === 0) return;
        await Promise.all(claimed.map((mail) => sendOne(mail)));
      }
    },
  });
  return {
    wake: loop.wake,
    async stop() {
      stopping = true;
      await loop.stop();
      transport.close();
    },
  };

  async function sendOne(mail: ClaimedMail): Promise<void> {
    try {
      await transport.send({ id: mail.payoutId, to: mail.email, ...wagesMessage(mail) });
    } catch (error) {
      const became = await noteMailFailed(database, mail, (error as Error).message);
      const next = became === 'FAILED' ? 'given up; the payout stays paid' : 'tried again later';
      log.warn(
        `the mail about payout ${mail.payoutId} could not be sent (${(error as Error).message}); it is ${next}`,
      );
      return;
    }
    await noteMailSent(database, mail);
  }
}

/** The payout is the balance, which may be less than the day's earnings: a debt of earlier days is subtracted. */
const wagesMessage = ({ name, day, amountCents }: ClaimedMail) => ({
  subject: `Your wages for ${day}: ${formatCents(amountCents)}`,
  text: `Hello ${name},

your balance at the close of ${day}, ${formatCents(amountCents)}, has been paid out to you.
You find every operation behind it in your audit log.

The task exchange
`,
});
