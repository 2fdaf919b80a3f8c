with harvested as (

    select * from {{ source('raw', 'runs') }}

)

select
    run,
    domain,
    status,
    started_at,
    ended_at,
    ports
from harvested
