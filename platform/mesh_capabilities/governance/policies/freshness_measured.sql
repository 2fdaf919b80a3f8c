-- id: freshness_measured
-- title: Every port states its freshness objective, and its freshness is measured.
-- why: Old data look like new data. Consumers must know how old data may be, and see how old they are.
-- severity: error
-- scope: ports where newest and contract not in (select contract from contracts where valid is false)
-- phase: [ci]
-- fix: State the property frequency under slaProperties of the contract. The age of a port is computed from its commits.
-- owner: team:platform
-- effective from: 2026-01-01
select
    ports.port as subject,
    case
        when contracts.freshness_seconds is null then 'it states no freshness objective'
        else 'the age of its served version is unknown'
    end as message,
    ports.contract as evidence
from ports left join contracts using (contract)
where ports.newest
    and contracts.valid is not false
    and not ( -- the policy port_has_contract reports it
        ports.contract is null and exists (from contracts where contracts.port = ports.port and contracts.major < ports.major)
    )
    and (contracts.freshness_seconds is null or (ports.published and ports.committed_at is null))
