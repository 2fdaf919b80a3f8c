with harvested as (

    select * from {{ source('raw', 'products') }}

)

select
    product,
    domain,
    name,
    version,
    status,
    purpose,
    limitations,
    usage,
    owner,
    owner_address,
    channel,
    tags,
    tier,
    archetype,
    successor,
    deprecated_from,
    ends_on,
    legal_basis,
    file,
    problem
from harvested
