with harvested as (

    select * from {{ source('raw', 'check_results') }}

)

select
    port,
    "check",
    run,
    "at",
    passed,
    severity,
    detail
from harvested
