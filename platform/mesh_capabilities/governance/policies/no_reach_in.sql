-- id: no_reach_in
-- title: No model reads past the published ports of another domain.
-- why: What is not a port is promised to nobody and may be gone tomorrow. This is read from the compiled SQL, so that what a
--   product declares is no excuse.
-- severity: error
-- scope: domains where domain in (select domain from relations_read)
-- phase: [ci]
-- fix: Read the other domain's ports through source(), and declare them; ask its owner to publish what is missing.
-- owner: team:platform
-- effective from: 2026-01-01
select
    domain as subject,
    'its model ' || model || ' reads ' || concat_ws('.', nullif(schema, ''), relation)
        || coalesce(': ' || rtrim(why, '.'), '') as message,
    file as evidence
from relations_read
where not allowed
