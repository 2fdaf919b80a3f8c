with harvested as (

    select * from {{ source('raw', 'versions') }}

)

select
    port,
    major,
    version,
    committed_at,
    "rows",
    rules,
    warnings,
    set_aside,
    contract,
    contract_version,
    contract_digest,
    run,
    rolled_back_to,
    current,
    readable
from harvested
