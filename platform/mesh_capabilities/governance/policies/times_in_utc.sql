-- id: times_in_utc
-- title: Times are instants in UTC.
-- why: A time without a zone means a different instant to every reader in another zone.
-- severity: error
-- scope: columns where type like 'TIMESTAMP%' or type like 'TIME%'
-- phase: [ci]
-- fix: Promise the physicalType TIMESTAMPTZ and convert in the model. Use DATE for a day without a time.
-- owner: team:platform
-- effective from: 2026-01-01
select contract || '.' || "column" as subject, 'it is ' || type || ', which is not an instant' as message, description as evidence
from columns
where (type like 'TIMESTAMP%' or type like 'TIME%') and type <> 'TIMESTAMP WITH TIME ZONE'
