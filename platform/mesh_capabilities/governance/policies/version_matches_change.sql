-- id: version_matches_change
-- title: The version of a contract grows as much as its changes require.
-- why: Consumers see from the version whether a change affects them.
-- severity: error
-- scope: contracts
-- phase: [ci]
-- fix: Write the version that the evidence names in the contract and in the product that publishes it.
-- owner: team:platform
-- effective from: 2026-01-01
select contract as subject, problem as message, way_out as evidence
from contract_changes
where happened = 'changed' and sufficient is false and breaking is false
