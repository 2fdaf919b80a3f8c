-- id: domain_loads
-- title: Every domain can be loaded.
-- why: A domain that does not load publishes nothing, and the policies see only a part of it.
-- severity: error
-- scope: domains
-- phase: [ci]
-- fix: Correct the file that the message names.
-- owner: team:platform
-- effective from: 2026-01-01
select domain as subject, 'it does not load' as message, problem as evidence
from domains
where state = 'broken'
