with harvested as (

    select * from {{ source('raw', 'columns') }}

)

select
    contract,
    port,
    major,
    "column",
    position,
    type,
    logical_type,
    description,
    business_name,
    required,
    "unique",
    primary_key,
    key_position,
    classification,
    purpose,
    legal_basis,
    retention,
    masking,
    declassified_by,
    unit,
    currency_column,
    tags,
    glossary_term,
    points_to,
    line
from harvested
