-- id: no_domain_cycles
-- title: No domain is made of its own products by way of another domain.
-- why: In a circle nobody comes first, so nothing is ever settled, and a mistake comes back to where it was made.
-- severity: error
-- scope: domains
-- phase: [ci]
-- fix: Take one of the inputs that the evidence lists out of its product, or move what both need into a product of one of them.
-- owner: team:platform
-- effective from: 2026-01-01
with recursive arrows as (

    select distinct domain, input_domain from inputs_declared where domain <> input_domain

),

reached as (

    select domain, input_domain from arrows
    union
    select reached.domain, arrows.input_domain
    from reached join arrows on reached.input_domain = arrows.domain

),

circles as (

    -- Whoever reaches me and is reached by me is in a circle with me.
    select there.domain, there.input_domain as other
    from reached as there join reached as back on there.domain = back.input_domain and there.input_domain = back.domain
    where there.domain <> there.input_domain

)

select
    circles.domain as subject,
    'it is made of itself, by way of ' || string_agg(distinct circles.other, ', ' order by circles.other) as message,
    string_agg(distinct inputs.product || ' reads ' || inputs.input, ', ' order by inputs.product || ' reads ' || inputs.input)
        as evidence
from circles left join inputs_declared as inputs on inputs.domain = circles.domain and inputs.input_domain = circles.other
group by circles.domain
