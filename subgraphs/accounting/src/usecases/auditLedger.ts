import { transact } from '@ates/kit/database';
import type { Kysely } from 'kysely';
import { allowLongStatements, auditEntries } from '../ledgerRepository.ts';
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
  const found = await transact(db, async (trx) => {
    await allowLongStatements(trx, auditTimeoutMs);
    return auditEntries(trx, maxMismatched);
  });
  return { ...found, ok: found.imbalanceCents === 0 && found.mismatchedAccountIds.length === 0 };
}
