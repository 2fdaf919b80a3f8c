-- id: no_reach_in
-- title: No model reads data of another domain other than its published ports.
-- why: Only ports are promised to consumers; anything else can change without notice. The policy reads the compiled SQL,
--   not the declarations.
-- severity: error
-- scope: domains where domain in (select domain from relations_read)
-- phase: [ci]
-- fix: Read the ports of the other domain through source() and declare them. Ask its owner to publish what is missing.
-- owner: team:platform
-- effective from: 2026-01-01
select
    domain as subject,
    'its model ' || model || ' reads ' || concat_ws('.', nullif(schema, ''), relation)
        || coalesce(': ' || rtrim(why, '.'), '') as message,
    file as evidence
from relations_read
where not allowed
