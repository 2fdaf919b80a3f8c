-- id: lineage_followed
-- title: The lineage of every column is followed.
-- why: A column that is not followed counts as made of everything that its SQL can see. Then nobody knows which change affects
--   it, and which personal data it holds.
-- severity: error
-- scope: columns where split_part(port, '/', 1) in (select domain from relations_read union select split_part(port, '/', 1) from
--   unfollowed)
-- phase: [ci]
-- fix: Write the column with SQL that `mesh lineage coverage` shows as followed. Or record a waiver that says what the column is
--   made of.
-- owner: team:platform
-- effective from: 2026-01-01
select columns.contract || '.' || columns."column" as subject,
    'its lineage is not followed: ' || coalesce(unfollowed_columns.problem, unfollowed.problem) as message,
    coalesce(unfollowed_columns.file, unfollowed.file) as evidence
from columns
left join unfollowed_columns on unfollowed_columns.port = columns.port and unfollowed_columns."column" = columns."column"
left join unfollowed on unfollowed.port = columns.port
where (unfollowed_columns.port is not null or unfollowed.port is not null)
    and columns.contract in (select contract from ports where newest)
