with harvested as (

    select * from {{ source('raw', 'policies') }}

)

select
    policy,
    title,
    why,
    severity,
    scope,
    phase,
    fix,
    owner,
    effective_from,
    stage,
    file,
    domain,
    privacy
from harvested
