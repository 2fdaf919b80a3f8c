with harvested as (

    select * from {{ source('raw', 'column_lineage') }}

)

select
    port,
    "column",
    from_port,
    from_column,
    kind
from harvested
