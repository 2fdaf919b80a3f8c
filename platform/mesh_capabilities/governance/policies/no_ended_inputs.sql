-- id: no_ended_inputs
-- title: No product depends on another product after its end.
-- why: A product can be removed on any day after its end.
-- severity: error
-- scope: products
-- phase: [ci]
-- fix: Read the successor or another product, and remove the input.
-- owner: team:platform
-- effective from: 2026-01-01
with ends as (

    select
        inputs.product,
        inputs.input,
        inputs.contract,
        least(contracts.ends_on, producers.ends_on) as ends_on,
        producers.status = 'retired' or contracts.status = 'retired' as retired,
        producers.successor
    from inputs_declared as inputs
    left join contracts using (contract)
    left join (select distinct port, product from ports) as homes on homes.port = inputs.input
    left join products as producers on producers.product = homes.product

)

select
    ends.product as subject,
    'it reads ' || ends.contract || coalesce(', which ended on ' || ends.ends_on, ', which is retired') as message,
    'the successor is ' || ends.successor as evidence
from ends cross join clock
where ends.ends_on < clock.today or ends.retired
