-- id: port_has_contract
-- title: Every output port has a contract.
-- why: Consumers may only rely on what a contract promises.
-- severity: error
-- scope: ports
-- phase: [ci]
-- fix: Write the contract domains/<domain>/contracts/<port>.v1.odcs.yaml. `mesh contract import` drafts it. `mesh ports withdraw` takes a major back that is published and no longer declared.
-- owner: team:platform
-- effective from: 2026-01-01
select
    ports.port as subject,
    case
        when ports.contract is not null then 'its contract does not exist'
        when exists (from contracts where contracts.port = ports.port and contracts.major < ports.major)
            then format('v{} is published, and no contract declares it', ports.major)
        else 'it names no contract'
    end as message,
    ports.contract as evidence
from ports
where ports.contract is null or ports.contract not in (select contract from contracts where contract is not null)
