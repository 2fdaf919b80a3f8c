-- id: unused_for_90_days
-- title: A port that no product has read for 90 days is reviewed.
-- why: An unused port costs money every day and may be retired. Products for people are not evaluated, since the mesh does
--   not see who looks at them.
-- severity: warning
-- scope: ports where newest and product not in (select product from products where archetype = 'consumer-aligned')
-- phase: [on demand]
-- fix: Ask the consumers; if the port is not needed, deprecate the product.
-- owner: team:platform
-- effective from: 2026-01-01
with begun as (

    select port, min(committed_at) as first_committed_at from versions group by port

)

select
    ports.port as subject,
    if(ports.last_read_at is null, 'no product has ever read it', 'no product has read it for 90 days') as message,
    concat_ws(
        ', ',
        'published since ' || cast(begun.first_committed_at as date),
        'last read ' || cast(ports.last_read_at as date)
    ) as evidence
from ports
join begun using (port)
cross join clock
left join products using (product)
where ports.newest
    and ports.published
    and coalesce(products.archetype, '') <> 'consumer-aligned'
    and cast(begun.first_committed_at as date) <= clock.today - 90
    and coalesce(cast(ports.last_read_at as date), date '1970-01-01') <= clock.today - 90
