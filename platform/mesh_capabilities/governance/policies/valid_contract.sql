-- id: valid_contract
-- title: Every contract is valid and can be executed.
-- why: A promise that nothing can be held against is none.
-- severity: error
-- scope: contracts
-- phase: [ci]
-- fix: Correct the contract's file; mesh contract lint lists what is wrong with it, with lines.
-- owner: team:platform
-- effective from: 2026-01-01
select contract as subject, 'it is not valid' as message, problem as evidence
from contracts
where valid is false
