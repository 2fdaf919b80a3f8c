with harvested as (

    select * from {{ source('raw', 'rules') }}

)

select
    contract,
    port,
    rule,
    "check",
    sentence,
    columns,
    severity,
    kind,
    source
from harvested
