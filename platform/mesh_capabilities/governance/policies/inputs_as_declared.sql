-- id: inputs_as_declared
-- title: A product reads exactly the inputs that it declares.
-- why: Owners plan changes by the declared inputs. A missing declaration hides an affected consumer; a superfluous one
--   keeps an unused port alive.
-- severity: error
-- scope: products where domain in (select domain from relations_read)
-- phase: [ci]
-- fix: Declare under inputPorts exactly the ports that the models read.
-- owner: team:platform
-- effective from: 2026-01-01
with used as (

    select distinct product, input, file from inputs_used where domain <> input_domain

),

declared as (

    select distinct product, input, file from inputs_declared where domain <> input_domain

)

select product as subject, 'it reads ' || input || ' but does not declare it' as message, min(file) as evidence
from used anti join declared using (product, input)
group by all

union all

select product, 'it declares ' || input || ' but does not read it', min(file)
from declared anti join used using (product, input)
where product in (select product from products where domain in (select domain from relations_read))
group by all
