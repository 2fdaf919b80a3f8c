-- Of order_events only the latest days are there: the product declares how many it reads.
with order_events as (

    select * from {{ source('sales', 'order_events') }}

),

-- A day without any event has no file: it is a day all the same.
days as (

    select cast(unnest(generate_series(min(day), max(day), interval 1 day)) as date) as day
    from order_events

),

counted as (

    select
        day,
        count(*) filter (where event = 'purchased') as purchased,
        count(*) filter (where event = 'approved') as approved,
        count(*) filter (where event = 'shipped') as shipped,
        count(*) filter (where event = 'delivered') as delivered,
        count(*) filter (where event = 'cancelled') as cancelled
    from order_events
    group by day

)

select
    days.day,
    coalesce(counted.purchased, 0) as purchased,
    coalesce(counted.approved, 0) as approved,
    coalesce(counted.shipped, 0) as shipped,
    coalesce(counted.delivered, 0) as delivered,
    coalesce(counted.cancelled, 0) as cancelled
from days
left join counted on days.day = counted.day
