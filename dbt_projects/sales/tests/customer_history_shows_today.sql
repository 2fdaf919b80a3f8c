-- Everybody in the source has exactly one current address, the one of today; gives those for whom that is not so.
with current_address as (

    select * from {{ ref('customer_history') }}
    where current

)

select addresses.customer_unique_id
from {{ ref('customers') }} as addresses
left join current_address on addresses.customer_unique_id = current_address.customer_unique_id
group by addresses.customer_unique_id, addresses.city, addresses.state
having
    count(current_address.customer_unique_id) <> 1
    or max(current_address.city) is distinct from addresses.city
    or max(current_address.state) is distinct from addresses.state
