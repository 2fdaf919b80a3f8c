with harvested as (

    select * from {{ source('raw', 'domains') }}

)

select
    domain,
    title,
    description,
    owner,
    channel,
    file,
    state,
    problem
from harvested
