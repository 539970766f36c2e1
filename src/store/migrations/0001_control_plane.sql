-- Who, what, when. Rows of people are never here: they live in the data plane.
-- Times are timestamptz; ids are bigint identities; secrets are sealed before they reach a column.

create table setting (
  name text primary key,
  value jsonb not null
);

-- Where customer data comes from: one row a table, its folder or file, and its typed columns.
create table source (
  id bigint generated always as identity primary key,
  name text not null unique,
  definition jsonb not null
);

-- One row at most: which tables, keys, matching order and merged fields make the profiles.
create table unification (
  id boolean primary key default true check (id),
  definition jsonb not null
);

create table connection (
  id bigint generated always as identity primary key,
  name text not null unique,
  destination text not null,
  settings jsonb not null,
  -- What `check` discovered; null until the connection was checked.
  found jsonb,
  -- Sealed JSON of the credentials; associated data 'connection:<id>:credentials'.
  credentials bytea not null,
  -- Sealed JSON of the OAuth2 tokens; associated data 'connection:<id>:tokens'.
  tokens bytea,
  -- The vendor contract's own limit of people, where one is set.
  people_limit bigint check (people_limit > 0),
  -- An administrator lifted the destination's documented limit.
  limit_lifted boolean not null default false,
  created_at timestamptz not null default now()
);

create table segment (
  id bigint generated always as identity primary key,
  name text not null unique,
  rule jsonb not null
);

create table export (
  id bigint generated always as identity primary key,
  name text not null unique,
  connection_id bigint not null references connection,
  settings jsonb not null,
  -- Data matching: {"identifier": profile field, "fields": {destination field: profile field}}.
  matching jsonb not null,
  -- The vendor's list that the person chose; null where each segment gets a list of its own.
  list_remote_id text
);

create table export_segment (
  export_id bigint not null references export on delete cascade,
  segment_id bigint not null references segment,
  position integer not null,
  primary key (export_id, segment_id)
);

-- A vendor-side list that an export fills. Bound by the vendor's id, never by name.
create table list (
  id bigint generated always as identity primary key,
  export_id bigint not null references export,
  -- Set where the list belongs to one segment; null where it takes the union of the export's segments.
  segment_id bigint references segment,
  destination text not null,
  account text not null,
  name text not null,
  -- By this mark we know a list again that we made and whose answer was lost.
  mark uuid not null default gen_random_uuid(),
  remote_id text,
  -- The export went to another list. The ledger's rows of this one stay, and it is taken up again if the export returns.
  closed_at timestamptz,
  unique (destination, account, remote_id)
);
create unique index list_of_export on list (export_id, coalesce(segment_id, 0)) where closed_at is null;

create table refresh (
  id bigint generated always as identity primary key,
  status text not null check (status in ('Queued', 'Refreshing', 'Successful', 'Failed')),
  -- Which step it is in, or failed in, and why.
  step text,
  reason text,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);

-- One execution of an export. A run whose settled_at is null is live; an export has at most one.
create table run (
  id bigint generated always as identity primary key,
  export_id bigint not null references export,
  refresh_id bigint references refresh,
  phase text not null check (phase in ('queued', 'planning', 'sealed', 'delivering', 'settling', 'ended')),
  status text not null check (status in ('Queued', 'Processing', 'Successful', 'Partial', 'Held', 'Failed', 'Skipped', 'Canceled')),
  -- Code and sentence of why it did not end Successful.
  reason_code text,
  reason text,
  -- Versions of profiles and members, matching, settings: fixed when planning starts.
  pinned jsonb,
  -- Hash of a Held delta, which an approval is for.
  delta_hash text,
  approved_hash text,
  -- Somebody asked for a run while this one was past its queue: one new run starts after it is settled.
  again boolean not null default false,
  added bigint not null default 0,
  updated bigint not null default 0,
  removed bigint not null default 0,
  rejected bigint not null default 0,
  unknown bigint not null default 0,
  invalid bigint not null default 0,
  duplicates bigint not null default 0,
  requests bigint not null default 0,
  writes bigint not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  settled_at timestamptz
);
create unique index run_live on run (export_id) where settled_at is null;
create index run_of_export on run (export_id, id);

-- What one run did to one list; the removal gate reads the last 7 days here.
create table run_list (
  run_id bigint not null references run on delete cascade,
  list_id bigint not null references list,
  expected bigint not null,
  added bigint not null default 0,
  updated bigint not null default 0,
  removed bigint not null default 0,
  approved boolean not null default false,
  primary key (run_id, list_id)
);
create index run_list_of_list on run_list (list_id);

-- Records of one call: outbox rows from_seq..to_seq, both included. Halving replaces a batch by its parts.
create table batch (
  run_id bigint not null references run on delete cascade,
  number integer not null,
  list_id bigint not null references list,
  operation text not null check (operation in ('add', 'remove')),
  route integer not null,
  from_seq bigint not null,
  to_seq bigint not null,
  -- pending: never sent. sending: a request may have left. accepted: the vendor works on `job`. done: every record has its outcome. split: its parts stand for it.
  state text not null check (state in ('pending', 'sending', 'accepted', 'done', 'split')),
  -- The job that was accepted; while sending, one that was written down before it was given people.
  job text,
  -- Fates known when the job was accepted.
  known jsonb,
  -- When the next look at the job is due.
  due_at timestamptz,
  -- By when the last request left whose answer we never read: it may still work until the route's `settles` later.
  lost_at timestamptz,
  sent_at timestamptz,
  primary key (run_id, number)
);
create index batch_open on batch (run_id) where state in ('pending', 'sending', 'accepted');
