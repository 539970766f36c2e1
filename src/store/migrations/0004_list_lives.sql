-- How lists and exports end. A list that its export fills no more (closed_at) may be emptied first: a last run takes off it
-- whom we put there. What is known of a list goes when it is forgotten, and then another export may fill it.
alter table list add column emptying boolean not null default false;
alter table list add column forgotten_at timestamptz;
alter table list add constraint list_emptied_is_closed check (closed_at is not null or not emptying);
alter table list drop constraint list_destination_account_remote_id_key;
create unique index list_destination_account_remote_id_key on list (destination, account, remote_id) where forgotten_at is null;

-- The name of the segment when the list was made or renamed for it: another one now is a segment renamed since.
alter table list add column named_for text;
update list set named_for = name where segment_id is not null and remote_id is not null;

-- The last run of a leaving export takes our people off its lists, and then the export is removed. Its runs stay to be
-- looked at, so its row stays too, without a connection, and gives its name free.
alter table export add column leaving boolean not null default false;
alter table export add column removed_at timestamptz;
alter table export alter column connection_id drop not null;
alter table export add constraint export_connected check (connection_id is not null or removed_at is not null);
alter table export drop constraint export_name_key;
create unique index export_name_key on export (name) where removed_at is null;

-- A last run takes people off lists that are being emptied, and does nothing else.
alter table run add column last boolean not null default false;
