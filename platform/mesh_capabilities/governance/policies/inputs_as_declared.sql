-- id: inputs_as_declared
-- title: A product reads the inputs that it declares, and no others.
-- why: The arrows between products are what owners plan by; one that is missing hides who is hurt by a change, and one too many
--   keeps a port alive that nobody reads.
-- severity: error
-- scope: products where domain in (select domain from relations_read)
-- phase: [ci]
-- fix: Declare under inputPorts what the models read, and nothing else.
-- owner: team:platform
-- effective from: 2026-01-01
with used as (

    select distinct product, input, file from inputs_used where domain <> input_domain

),

declared as (

    select distinct product, input, file from inputs_declared where domain <> input_domain

)

select product as subject, 'it reads ' || input || ' and does not declare it' as message, min(file) as evidence
from used anti join declared using (product, input)
group by all

union all

select product, 'it declares ' || input || ' and does not read it', min(file)
from declared anti join used using (product, input)
where product in (select product from products where domain in (select domain from relations_read))
group by all
