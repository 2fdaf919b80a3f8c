with addresses as (

    select * from {{ ref('customer_addresses') }}

)

-- dbt writes the times of a snapshot without their zone, which is UTC in every profile of the mesh.
select
    customer_unique_id,
    city,
    state,
    timezone('UTC', dbt_valid_from) as valid_from,
    timezone('UTC', dbt_valid_to) as valid_to,
    dbt_valid_to is null as current
from addresses
