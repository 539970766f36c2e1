-- When somebody asked that the run be canceled; it holds across restarts, until the run is settled.
alter table run add column cancel_requested_at timestamptz;

-- Answers to requests that came with an Idempotency-Key, kept for a day.
create table idempotency (
  key text primary key,
  -- Keyed hash of method, address and body: a body may hold a password, which a plain hash would let somebody guess.
  request bytea not null,
  -- The process that works on it. One that ended left a request of which nobody knows how far it came.
  process uuid not null,
  -- Null while it is worked on.
  status integer,
  headers jsonb,
  body text,
  created_at timestamptz not null
);
create index idempotency_age on idempotency (created_at);
