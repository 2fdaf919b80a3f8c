with harvested as (

    select * from {{ source('raw', 'version_inputs') }}

)

select
    port,
    major,
    version,
    input,
    input_major,
    input_version
from harvested
