-- id: columns_classified
-- title: Every column has a classification.
-- why: Access, retention and permitted use of a column depend on how sensitive it is.
-- severity: error
-- scope: columns
-- phase: [ci, publish]
-- fix: Set the classification of the column in its contract to public, internal, confidential, personal or
--   sensitive-personal.
-- owner: team:platform
-- effective from: 2026-01-01
-- privacy: true
select
    contract || '.' || "column" as subject,
    if(classification is null, 'it has no classification', 'its classification is unknown') as message,
    classification as evidence
from columns
where classification is null or classification not in (select classification from classifications)
