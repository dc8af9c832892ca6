import type { UserCopyTables } from '@ates/kit/database/userCopies';
import type { InboxTables } from '@ates/kit/events/inbox';
import type { Role } from '@ates/schema/access';
import type { Generated } from 'kysely';

/** Analytics' database: a read model. Its content follows from the events, in whatever order they come. */
export interface AnalyticsTables extends InboxTables, UserCopyTables<Role> {
  /** Every fact that was counted, by its business key, so that it counts once. */
  counted_fact: {
    /** One of `factKinds`. */
    kind: number;
    id: string;
  };
  /** Counts by the calendar day of the facts. */
  task_day: { day: string; created: number; resolved: number; assignments: number };
  /** Money by the billing day that the event names. */
  money_day: { day: string; fees_cents: number; rewards_cents: number; paid_out_cents: number };
  /** Each account's balance after the highest-numbered entry so far. */
  account_balance: {
    account_id: string;
    number: number;
    balance_cents: number;
    in_the_red: Generated<boolean>;
  };
  /** The dearest task resolved on a calendar day. */
  dearest_of_day: { day: string; task_id: string; reward_cents: number; resolved_at: Date };
  /** Days whose payout run is complete. */
  closed_day: { day: string; accounts_in_the_red: number; closed_at: Date };
}

/** The values of `counted_fact.kind`: they are stored, so a number never gets another meaning. */
export const factKinds = {
  /** Keyed by the task's id. */
  taskCreated: 1,
  /** Keyed by the assignment's id. */
  taskAssigned: 2,
  /** Keyed by the task's id. */
  taskResolved: 3,
  /** Keyed by the entry's id. */
  entryPosted: 4,
} as const;
export type FactKind = (typeof factKinds)[keyof typeof factKinds];
