import type { OutboxTables } from '@ates/kit/database/outbox';
import type { UserCopyTables } from '@ates/kit/database/userCopies';
import type { InboxTables } from '@ates/kit/events/inbox';
import type { Role } from '@ates/schema/access';
import type { ReassignmentStatus } from './domain/reassignment.ts';

/** Tracker's database. */
export interface TrackerTables extends OutboxTables, InboxTables, UserCopyTables<Role> {
  /** Every task. The last three are filled when it is resolved; until then they stand in `open_task`. */
  task: {
    id: string;
    title: string;
    jira_id: string | null;
    description: string;
    creator_id: string;
    created_at: Date;
    resolved_at: Date | null;
    assignee_id: string | null;
    assignment_id: string | null;
    assigned_at: Date | null;
  };
  /**
   * The tasks in progress and who holds them: the only rows a reassignment changes. Kept apart from `task`, so that
   * a million changes touch a narrow table and neither the texts nor the index they are searched by.
   */
  open_task: { task_id: string; assignee_id: string; assignment_id: string; assigned_at: Date };
  /** Every draw there ever was. */
  assignment: {
    id: string;
    task_id: string;
    assignee_id: string;
    assigned_at: Date;
    /** Null where the assignment came with the task's creation. */
    reassignment_id: string | null;
  };
  reassignment: {
    id: string;
    status: ReassignmentStatus;
    requested_by: string;
    requested_at: Date;
    started_at: Date | null;
    finished_at: Date | null;
    total: number;
    processed: number;
    superseded_by: string | null;
    /** The last task it has been past. */
    cursor: string | null;
    /** The last task that was open when it started. */
    until: string | null;
    /** When it last got further, or was asked for: a run that stands still is taken up by a sweep. */
    progressed_at: Date;
  };
  idempotency_key: {
    user_id: string;
    mutation: string;
    key: string;
    arguments_hash: string;
    result_id: string;
    created_at: Date;
  };
}
