import type { RequestContext } from '@ates/kit/service';
import type { Role } from '@ates/schema/access';
import type { Company } from './domain/company.ts';
import type { Live } from './live.ts';
import type { Loaders } from './loaders.ts';
import type { AccountingTables } from './tables.ts';
import type { LedgerAudit } from './usecases/auditLedger.ts';

/** What accounting's resolvers know about their request. */
export interface Context extends RequestContext<AccountingTables, Role> {
  readonly company: Company;
  readonly loaders: Loaders;
  readonly live: Live;
  /** The audit that `shareAudits` shares. */
  auditLedger(): Promise<LedgerAudit>;
}
