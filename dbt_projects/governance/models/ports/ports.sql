with harvested as (

    select * from {{ source('raw', 'ports') }}

)

select
    port,
    major,
    domain,
    name,
    product,
    contract,
    newest,
    published,
    served_version,
    committed_at,
    "rows",
    bytes,
    files,
    "partitioned_by",
    model_file,
    description,
    grain,
    last_read_at,
    run
from harvested
