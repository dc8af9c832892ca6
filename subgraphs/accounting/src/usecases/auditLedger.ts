import { allowLongStatements, inTransaction } from '@ates/kit/database/transactions';
import type { Kysely } from 'kysely';
import { auditEntries } from '../ledgerRepository.ts';
import type { AccountingTables } from '../tables.ts';

/** How long an audit may take, in milliseconds: it reads every entry there is. */
const auditTimeoutMs = 300_000;
/** The most accounts it names. */
const maxMismatched = 200;

/** What `ledgerAudit` proves: the books balance, and every stored sum is that of its entries. */
export interface LedgerAudit {
  readonly ok: boolean;
  readonly entriesChecked: number;
  readonly imbalanceCents: number;
  /** At most 200. */
  readonly mismatchedAccountIds: readonly string[];
}

/** Checks the ledger against itself, while everything else goes on. */
export async function auditLedger(db: Kysely<AccountingTables>): Promise<LedgerAudit> {
  const found = await inTransaction(db, async (trx) => {
    await allowLongStatements(trx, auditTimeoutMs);
    return auditEntries(trx, maxMismatched);
  });
  return { ...found, ok: found.imbalanceCents === 0 && found.mismatchedAccountIds.length === 0 };
}

/**
 * Audits for all callers of a process: those who ask while one is under way get its answer. A caller who gave up and
 * asks again does not begin anew, and no number of callers takes more than one connection.
 */
export function shareAudits(db: Kysely<AccountingTables>): () => Promise<LedgerAudit> {
  let underWay: Promise<LedgerAudit> | undefined;
  return () => {
    underWay ??= auditLedger(db).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
