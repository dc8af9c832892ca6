create table inbox (
  consumer text not null,
  event_id uuid not null,
  applied_at timestamptz not null,
  primary key (consumer, event_id)
);
create index inbox_applied_at on inbox using brin (applied_at);

create table dead_letter (
  id uuid primary key,
  consumer text not null,
  event text not null,
  lane text not null,
  fact text not null,
  error text not null,
  attempts integer not null,
  failed_at timestamptz not null,
  resend_requested_at timestamptz
);
