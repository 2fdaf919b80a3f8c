-- Every event is a time that the order itself states, on the day of that time; gives those that are not.
select order_events.*
from {{ ref('order_events') }} as order_events
left join {{ ref('stg_orders') }} as orders on order_events.order_id = orders.order_id
where
    order_events.happened_at is distinct from case order_events.event
        when 'purchased' then orders.purchased_at
        when 'approved' then orders.approved_at
        when 'shipped' then orders.shipped_at
        when 'delivered' then orders.delivered_at
        when 'cancelled' then greatest(orders.purchased_at, orders.approved_at, orders.shipped_at, orders.delivered_at)
    end
    or order_events.day <> cast(order_events.happened_at as date)
