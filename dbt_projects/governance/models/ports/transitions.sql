with harvested as (

    select * from {{ source('raw', 'transitions') }}

)

select
    product,
    from_status,
    to_status,
    "at",
    "by",
    why,
    successor,
    ends_on
from harvested
