-- id: domain_loads
-- title: Every domain loads.
-- why: A domain that does not load publishes nothing, and policies see only part of it.
-- severity: error
-- scope: domains
-- phase: [ci]
-- fix: Correct the file that the evidence names.
-- owner: team:platform
-- effective from: 2026-01-01
select domain as subject, 'it does not load' as message, problem as evidence
from domains
where state = 'broken'
