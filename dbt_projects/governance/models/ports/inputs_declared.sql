with harvested as (

    select * from {{ source('raw', 'inputs_declared') }}

)

select
    product,
    input,
    input_major,
    contract,
    domain,
    input_domain,
    latest_days,
    file
from harvested
