-- id: times_in_utc
-- title: Times are moments in UTC.
-- why: A time without a zone means another moment to everybody who reads it elsewhere.
-- severity: error
-- scope: columns where type like 'TIMESTAMP%' or type like 'TIME%'
-- phase: [ci]
-- fix: Promise the physicalType TIMESTAMPTZ, and convert in the model; a day without a time is a DATE.
-- owner: team:platform
-- effective from: 2026-01-01
select contract || '.' || "column" as subject, 'it is ' || type || ', which says no moment' as message, description as evidence
from columns
where (type like 'TIMESTAMP%' or type like 'TIME%') and type <> 'TIMESTAMP WITH TIME ZONE'
