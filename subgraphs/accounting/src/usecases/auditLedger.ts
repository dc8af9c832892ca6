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

const underWay = new WeakMap<Kysely<AccountingTables>, Promise<LedgerAudit>>();

/**
 * Checks the ledger against itself, while everything else goes on. It reads every entry there is, so whoever asks
 * while one is under way shares its answer: a caller who gave up and asks again does not begin anew, and no number of
 * callers takes more than one connection.
 */
export function auditLedger(db: Kysely<AccountingTables>): Promise<LedgerAudit> {
  const shared = underWay.get(db);
  if (shared) return shared;
  const audit = runAudit(db).finally(() => underWay.delete(db));
  underWay.set(db, audit);
  return audit;
}

async function runAudit(db: Kysely<AccountingTables>): Promise<LedgerAudit> {
  const found = await inTransaction(db, async (trx) => {
    await allowLongStatements(trx, auditTimeoutMs);
    return auditEntries(trx, maxMismatched);
  });
  return { ...found, ok: found.imbalanceCents === 0 && found.mismatchedAccountIds.length === 0 };
}
