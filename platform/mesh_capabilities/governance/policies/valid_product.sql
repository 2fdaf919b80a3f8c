-- id: valid_product
-- title: Every product has a valid descriptor.
-- why: No tool can read a descriptor that is not valid ODPS, including this platform.
-- severity: error
-- scope: products
-- phase: [ci]
-- fix: Correct the descriptor as the evidence says.
-- owner: team:platform
-- effective from: 2026-01-01
select product as subject, 'its descriptor cannot be used' as message, problem as evidence
from products
where problem is not null
