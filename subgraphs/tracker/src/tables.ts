import type { OutboxTables } from '@ates/kit/database/outbox';
import type { UserCopyTables } from '@ates/kit/database/userCopies';
import type { InboxTables } from '@ates/kit/events/inbox';
import type { Role } from '@ates/schema/access';
import type { ReassignmentStatus } from './domain/reassignment.ts';

/** Tracker's database. */
export interface TrackerTables extends OutboxTables, InboxTables, UserCopyTables<Role> {
  /** Every task. The last three columns are filled when it is resolved; until then, `open_task` has them. */
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
   * The tasks in progress and their assignees: the only rows that a reassignment changes. They are not in `task`, so
   * that a million changes write to a narrow table, and not to the texts and their search index.
   */
  open_task: { task_id: string; assignee_id: string; assignment_id: string; assigned_at: Date };
  /** Every draw that was ever made. */
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
    /** The last task that it has processed. */
    cursor: string | null;
    /** The last task that was open when it started. */
    until: string | null;
    /** When it last progressed, or was requested: a loop takes up a run that stands still. */
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
