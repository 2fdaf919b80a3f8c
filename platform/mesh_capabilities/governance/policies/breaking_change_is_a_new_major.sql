-- id: breaking_change_is_a_new_major
-- title: A change that breaks consumers is a new major version, and an end is announced in time.
-- why: Whoever reads a major version can rely on it until the end that was announced.
-- severity: error
-- scope: contracts
-- phase: [ci]
-- fix: Leave the contract as it was and promise the new one in a file of its own, <port>.v2.odcs.yaml; announce the end of
--   the old one at least its notice period ahead.
-- owner: team:platform
-- effective from: 2026-01-01
select contract as subject, problem as message, way_out as evidence
from contract_changes
where happened = 'changed' and breaking
