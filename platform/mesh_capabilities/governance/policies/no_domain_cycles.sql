-- id: no_domain_cycles
-- title: No domain depends on its own products through another domain.
-- why: In a cycle no domain can be built first, and a mistake returns to the domain that made it.
-- severity: error
-- scope: domains
-- phase: [ci]
-- fix: Remove one of the inputs that the evidence lists from its product, or move the shared data into a product of one of
--   the domains.
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

    -- Two domains that reach each other are in one cycle.
    select there.domain, there.input_domain as other
    from reached as there join reached as back on there.domain = back.input_domain and there.input_domain = back.domain
    where there.domain <> there.input_domain

)

select
    circles.domain as subject,
    'it depends on itself through ' || string_agg(distinct circles.other, ', ' order by circles.other) as message,
    string_agg(distinct inputs.product || ' reads ' || inputs.input, ', ' order by inputs.product || ' reads ' || inputs.input)
        as evidence
from circles left join inputs_declared as inputs on inputs.domain = circles.domain and inputs.input_domain = circles.other
group by circles.domain
