-- `external`: kept out of line and not compressed, which costs time and saves nothing that lives this shortly.
create table outbox_event (
  id uuid primary key,
  event text not null,
  payload text not null,
  created_at timestamptz not null
);
alter table outbox_event alter column payload set storage external;

create table outbox_delivery (
  seq bigint generated always as identity primary key,
  event_id uuid not null references outbox_event (id),
  consumer text not null,
  lane text not null check (lane in ('interactive', 'bulk')),
  next_at timestamptz not null,
  attempts integer not null default 0,
  unique (event_id, consumer)
);
create index outbox_delivery_due on outbox_delivery (lane, consumer, next_at);
