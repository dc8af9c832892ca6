import { allowLongStatements, inTransaction } from '@ates/kit/database/transactions';
import type { Kysely } from 'kysely';
import { auditEntries } from '../ledgerRepository.ts';
import type { AccountingTables } from '../tables.ts';

/** How long an audit may take, in milliseconds: it reads every entry. */
const auditTimeoutMs = 300_000;
/** The most accounts that an audit names. */
const maxMismatched = 200;

/** The result of an audit. `ok` means that the books balance, and that every stored sum is the sum of its entries. */
export interface LedgerAudit {
  readonly ok: boolean;
  readonly entriesChecked: number;
  readonly imbalanceCents: number;
  /** At most 200. */
  readonly mismatchedAccountIds: readonly string[];
}

/** Compares the ledger's sums with its entries, without blocking any other work. */
export async function auditLedger(db: Kysely<AccountingTables>): Promise<LedgerAudit> {
  const found = await inTransaction(db, async (trx) => {
    await allowLongStatements(trx, auditTimeoutMs);
    return auditEntries(trx, maxMismatched);
  });
  return { ...found, ok: found.imbalanceCents === 0 && found.mismatchedAccountIds.length === 0 };
}

/**
 * Returns an audit that all callers of a process share: a call during an audit gets its result. So a caller that gave
 * up and asks again starts no second audit, and all callers together take one connection.
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
