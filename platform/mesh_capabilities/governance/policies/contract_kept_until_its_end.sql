-- id: contract_kept_until_its_end
-- title: A contract is only deleted after its announced end.
-- why: Consumers rely on a contract until its announced end.
-- severity: error
-- scope: changes where happened = 'deleted'
-- phase: [ci]
-- fix: Restore the file, deprecate the contract with an end date, and delete it after that date.
-- owner: team:platform
-- effective from: 2026-01-01
select contract as subject, problem as message, way_out as evidence
from contract_changes
where happened = 'deleted' and problem is not null
