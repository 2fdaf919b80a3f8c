-- id: primary_key_tested
-- title: Every contract declares a primary key, and the audit tests it.
-- why: Without a key, consumers cannot know the grain, join rows or notice duplicates.
-- severity: error
-- scope: contracts where valid is not false
-- phase: [ci]
-- fix: Mark the columns that identify a row with primaryKey in the contract. The audit then tests them.
-- owner: team:platform
-- effective from: 2026-01-01
with keys as (

    select contract, list("column" order by key_position, position) as names
    from columns
    where primary_key
    group by contract

),

tested as (

    select distinct contract from rules where kind = 'primary_key'

)

select
    contracts.contract as subject,
    if(keys.names is null, 'it declares no primary key', 'its primary key is not tested') as message,
    array_to_string(keys.names, ', ') as evidence
from contracts
left join keys using (contract)
left join tested using (contract)
where contracts.valid is not false and (keys.names is null or tested.contract is null)
