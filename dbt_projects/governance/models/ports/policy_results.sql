with harvested as (

    select * from {{ source('raw', 'policy_results') }}

)

select
    policy,
    subject,
    message,
    evidence,
    state,
    waiver
from harvested
