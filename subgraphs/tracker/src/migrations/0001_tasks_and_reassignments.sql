create extension if not exists pg_trgm;

create table user_copy (
  id uuid primary key,
  version integer not null,
  role text not null,
  active boolean not null
);
create index user_copy_eligible on user_copy (id) where active and role not in ('MANAGER', 'ADMIN');

create table task (
  id uuid primary key,
  title text not null,
  jira_id text,
  description text not null,
  creator_id uuid not null,
  created_at timestamptz not null,
  resolved_at timestamptz,
  assignee_id uuid,
  assignment_id uuid,
  assigned_at timestamptz,
  check ((resolved_at is null) = (assignee_id is null)),
  check ((resolved_at is null) = (assignment_id is null)),
  check ((resolved_at is null) = (assigned_at is null))
);
create index task_creator on task (creator_id, id);
create index task_done_id on task (id) where resolved_at is not null;
create index task_done_assignee on task (assignee_id, assignment_id) where resolved_at is not null;
create index task_search on task using gin ((title || ' ' || coalesce(jira_id, '')) gin_trgm_ops);

-- Half of each page is left free, so that a reassignment finds room beside the row that it replaces.
create table open_task (
  task_id uuid primary key,
  assignee_id uuid not null,
  assignment_id uuid not null,
  assigned_at timestamptz not null
) with (fillfactor = 50);
create index open_task_assignee on open_task (assignee_id, assignment_id);

create table assignment (
  id uuid not null,
  task_id uuid not null,
  assignee_id uuid not null,
  assigned_at timestamptz not null,
  reassignment_id uuid
);

-- One index for two purposes: a run assigns a task only once, and a task's assignments are found quickly.
create unique index assignment_once_per_run on assignment (task_id, reassignment_id) nulls not distinct;

create table reassignment (
  id uuid primary key,
  status text not null check (status in ('QUEUED', 'RUNNING', 'COMPLETED', 'SUPERSEDED', 'CANCELLED', 'FAILED')),
  requested_by uuid not null,
  requested_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  total integer not null default 0,
  processed integer not null default 0,
  superseded_by uuid references reassignment (id),
  cursor uuid,
  until uuid,
  progressed_at timestamptz not null
) with (fillfactor = 20);
create unique index reassignment_one_runs on reassignment (status) where status = 'RUNNING';
create unique index reassignment_one_waits on reassignment (status) where status = 'QUEUED';

create table idempotency_key (
  user_id uuid not null,
  mutation text not null,
  key text not null,
  arguments_hash text not null,
  result_id uuid not null,
  created_at timestamptz not null,
  primary key (user_id, mutation, key)
);
create index idempotency_key_created_at on idempotency_key using brin (created_at);
