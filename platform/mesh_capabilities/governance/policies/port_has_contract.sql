-- id: port_has_contract
-- title: Every output port has a contract.
-- why: Consumers may only rely on what a contract promises.
-- severity: error
-- scope: ports
-- phase: [ci]
-- fix: Write the contract domains/<domain>/contracts/<port>.v1.odcs.yaml. `mesh contract import` drafts it.
-- owner: team:platform
-- effective from: 2026-01-01
select
    ports.port as subject,
    case when ports.contract is null then 'it names no contract' else 'its contract does not exist' end as message,
    ports.contract as evidence
from ports
where ports.contract is null or ports.contract not in (select contract from contracts where contract is not null)
