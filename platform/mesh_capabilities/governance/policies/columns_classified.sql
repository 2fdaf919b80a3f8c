-- id: columns_classified
-- title: Every column is classified.
-- why: Who may see a column, how long it is kept and what may be made of it follow from how sensitive it is.
-- severity: error
-- scope: columns
-- phase: [ci, publish]
-- fix: Write the classification of the column in its contract. It is public, internal, confidential, personal or
--   sensitive-personal.
-- owner: team:platform
-- effective from: 2026-01-01
-- privacy: true
select
    contract || '.' || "column" as subject,
    if(classification is null, 'it has no classification', 'its classification is none of the mesh') as message,
    classification as evidence
from columns
where classification is null or classification not in (select classification from classifications)
