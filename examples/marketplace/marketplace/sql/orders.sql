-- The place of an order (see places.py). Orphans, whose numbers follow the last order, have the usual place.
create macro place_of(number) as
    getvariable('places')[if(number < getvariable('orders'), 1 + place_number(number), 1)];

-- The times of all steps of an order, as if it were delivered; the marks are minutes.
create macro journeys(start, stop) as table
with approved as (

    select
        *,
        purchased_at
        + 60 * draw_on_scale('approval', number, [0, 5, 10, 15, 18, 25, 60, 600, 1200, 1700, 6000]) as approved_at
    from purchases(start, stop)

),

shipped as (

    select
        *,
        approved_at
        + 60 * draw_on_scale('handling', number, [60, 780, 1100, 1500, 2000, 2600, 3500, 4600, 6000, 9000, 15000]) as shipped_at
    from approved

)

select
    *,
    shipped_at
    + 60 * draw_on_scale('carriage', number, [1200, 3200, 5900, 8600, 11300, 15000, 20000, 40000]) as delivered_at,
    start_of_day(purchased_at)
    + days(draw_on_scale('promised days', number, [10, 17, 20, 22, 24, 26, 29, 33, 50])) as promised_on,
    place_of(number) as place
from shipped;

-- The time of a step is empty if the order did not reach it; in some orders, the times of two steps are swapped.
create macro olist_orders(start, stop) as table
select
    identify('order', number) as order_id,
    identify('customer', number) as customer_id,
    place.status as order_status,
    as_timestamp(purchased_at) as order_purchase_timestamp,
    case
        when place.steps >= 1 then as_timestamp(if(place.swapped_steps = 1, shipped_at, approved_at))
    end as order_approved_at,
    case
        when place.steps >= 2
            then as_timestamp(case place.swapped_steps when 1 then approved_at when 2 then delivered_at else shipped_at end)
    end as order_delivered_carrier_date,
    case
        when place.steps >= 3 then as_timestamp(if(place.swapped_steps = 2, shipped_at, delivered_at))
    end as order_delivered_customer_date,
    as_timestamp(promised_on) as order_estimated_delivery_date
from journeys(start, stop)
order by number;
