with harvested as (

    select * from {{ source('raw', 'inputs_used') }}

)

select
    port,
    product,
    input,
    domain,
    input_domain,
    file
from harvested
