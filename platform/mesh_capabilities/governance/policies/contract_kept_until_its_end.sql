-- id: contract_kept_until_its_end
-- title: A contract is deleted only after the end that it announced.
-- why: A promise may end, and may not vanish.
-- severity: error
-- scope: changes where happened = 'deleted'
-- phase: [ci]
-- fix: Bring the file back, deprecate the contract with an end, and delete it when that day is over.
-- owner: team:platform
-- effective from: 2026-01-01
select contract as subject, problem as message, way_out as evidence
from contract_changes
where happened = 'deleted' and problem is not null
