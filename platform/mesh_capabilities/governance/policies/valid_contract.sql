-- id: valid_contract
-- title: Every contract is valid and can be executed.
-- why: A contract that cannot be executed cannot be checked.
-- severity: error
-- scope: contracts
-- phase: [ci]
-- fix: Correct the contract's file. `mesh contract lint` lists all problems with their lines.
-- owner: team:platform
-- effective from: 2026-01-01
select contract as subject, 'it is not valid' as message, problem as evidence
from contracts
where valid is false
