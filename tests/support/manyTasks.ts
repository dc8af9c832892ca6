import { newId } from '@ates/kit/process/ids';
import { toColumns } from '@ates/schema/event';
import { tasksAssigned } from '@ates/schema/events/tracker.tasks_assigned.v1';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import type { TrackerTables } from '@ates/tracker/tables';
import { listEligible } from '@ates/tracker/userRepository';
import { type Kysely, sql } from 'kysely';
import { workOn } from './databases.ts';

/** Puts up many tasks as `createTask` would, but in batches: rows and events, a thousand per transaction. */
export async function putUpTasks(db: Kysely<TrackerTables>, count: number): Promise<void> {
  const database = workOn(db);
  const eligible = await listEligible(db);
  for (let made = 0; made < count; made += 1_000) {
    const now = new Date();
    const occurredAt = now.toISOString();
    const facts = Array.from({ length: Math.min(1_000, count - made) }, (_, at) => ({
      taskId: newId(),
      assignmentId: newId(),
      title: `Task ${made + at}`,
      jiraId: null,
      assigneeId: eligible[(made + at) % eligible.length] as string,
      creatorId: eligible[0] as string,
      occurredAt,
    }));
    const column = <Name extends keyof (typeof facts)[number]>(name: Name) => facts.map((fact) => fact[name]);
    await database.transact(async (work) => {
      await sql`with d as (
          select * from unnest(${column('taskId')}::uuid[], ${column('title')}::text[], ${column('assigneeId')}::uuid[], ${column('assignmentId')}::uuid[])
            as d (task_id, title, assignee_id, assignment_id)
        ), tasks as (
          insert into task (id, title, description, creator_id, created_at)
          select task_id, title, '', ${eligible[0]}::uuid, ${now}::timestamptz from d
        ), held as (
          insert into open_task (task_id, assignee_id, assignment_id, assigned_at)
          select task_id, assignee_id, assignment_id, ${now}::timestamptz from d
        )
        insert into assignment (id, task_id, assignee_id, assigned_at)
        select assignment_id, task_id, assignee_id, ${now}::timestamptz from d`.execute(work.trx);
      const created = facts.map(({ taskId, title, jiraId, creatorId }) => ({
        taskId,
        title,
        jiraId,
        creatorId,
        occurredAt,
      }));
      await work.append(tasksCreated, toColumns(tasksCreated, created), 'bulk');
      const assigned = facts.map(({ creatorId: _, ...fact }) => fact);
      await work.append(tasksAssigned, toColumns(tasksAssigned, assigned), 'bulk');
    });
  }
}
