-- id: breaking_change_is_a_new_major
-- title: A breaking change is a new major version, and an end is announced in time.
-- why: Consumers rely on a major version until its announced end.
-- severity: error
-- scope: contracts
-- phase: [ci]
-- fix: Restore the contract and put the new one into a file of its own, <port>.v2.odcs.yaml. Announce the end of the old
--   one at least its notice period ahead.
-- owner: team:platform
-- effective from: 2026-01-01
select contract as subject, problem as message, way_out as evidence
from contract_changes
where happened = 'changed' and breaking
