-- The events of all days together are all events that were read; gives both where they are not.
with counted as (

    select sum(purchased + approved + shipped + delivered + cancelled) as events
    from {{ ref('daily_order_flow') }}

),

expected as (

    select count(*) as events from {{ source('sales', 'order_events') }}

)

select counted.events, expected.events as expected
from counted
cross join expected
where counted.events <> expected.events
