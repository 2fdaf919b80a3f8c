with harvested as (

    select * from {{ source('raw', 'waivers') }}

)

select
    waiver,
    policy,
    subject,
    reason,
    requested_by,
    approved_by,
    control,
    expires_on,
    state,
    problem
from harvested
