-- id: valid_product
-- title: Every product has a descriptor that the standard accepts.
-- why: What is not valid ODPS can be read by no tool, ours included.
-- severity: error
-- scope: products
-- phase: [ci]
-- fix: Correct the descriptor as the message says.
-- owner: team:platform
-- effective from: 2026-01-01
select product as subject, 'its descriptor cannot be used' as message, problem as evidence
from products
where problem is not null
