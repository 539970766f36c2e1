-- Whose a list is that Sund did not make and whose members it cannot read. Null where nobody has to say it; 'undecided'
-- once a run has found it; 'ours': everybody on it may be removed by us once we put them there; 'add-only': nobody is removed.
alter table list add column ownership text check (ownership in ('undecided', 'ours', 'add-only'));
-- The vendor's id of the list that this was asked or said of: another list of the same name is another question.
alter table list add column ownership_of text;
alter table list add constraint list_ownership_whole check ((ownership is null) = (ownership_of is null));

-- Sund made the list, so nobody was on it before. Until now, every list of a segment was.
alter table list add column made_by_us boolean not null default false;
update list set made_by_us = true where segment_id is not null and remote_id is not null;

-- Members found on the list, and people who would have been removed but stay, since nobody may be removed.
alter table run_list add column theirs bigint not null default 0;
alter table run_list add column kept bigint not null default 0;
