-- id: freshness_measured
-- title: Every port says how fresh it is kept, and that is measured.
-- why: Old data look like new ones. Consumers have to know how old they may be, and to see how old they are.
-- severity: error
-- scope: ports where newest and contract not in (select contract from contracts where valid is false)
-- phase: [ci]
-- fix: State the property frequency under slaProperties of the contract; how old a port is follows from its commits.
-- owner: team:platform
-- effective from: 2026-01-01
select
    ports.port as subject,
    case
        when contracts.freshness_seconds is null then 'it states no freshness objective'
        else 'nobody can say how old what it serves is'
    end as message,
    ports.contract as evidence
from ports left join contracts using (contract)
where ports.newest
    and contracts.valid is not false
    and (contracts.freshness_seconds is null or (ports.published and ports.committed_at is null))
