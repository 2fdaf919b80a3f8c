-- id: columns_described
-- title: Every column has a description.
-- why: A name alone can be read in several ways.
-- severity: error
-- scope: columns
-- phase: [ci]
-- fix: Describe the column in its contract, in other words than its name. Include its unit and the meaning of an empty
--   value.
-- owner: team:platform
-- effective from: 2026-01-01
select
    contract || '.' || "column" as subject,
    if(coalesce(trim(description), '') = '', 'it has no description', 'its description only repeats its name') as message,
    description as evidence
from columns
where coalesce(trim(description), '') = ''
    or lower(rtrim(trim(description), '.')) in (lower("column"), replace(lower("column"), '_', ' '))
