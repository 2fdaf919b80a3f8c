with harvested as (

    select * from {{ source('raw', 'owners') }}

)

select
    owner,
    domains,
    products,
    ports,
    address,
    channel
from harvested
