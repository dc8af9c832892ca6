create table held_event (
  id uuid primary key,
  consumer text not null,
  event_id uuid not null,
  event text not null,
  lane text not null,
  payload text not null,
  held_at timestamptz not null,
  attempts integer not null default 0,
  error text,
  unique (consumer, event_id)
);
alter table held_event alter column payload set storage external;
create index held_event_kind on held_event (consumer, event, id);
