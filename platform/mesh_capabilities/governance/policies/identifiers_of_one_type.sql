-- id: identifiers_of_one_type
-- title: An identifier has the same type in the whole mesh.
-- why: Two ports can only be joined if their shared identifiers have the same type. A number that was a text has lost its
--   leading zeros.
-- severity: error
-- scope: columns
-- phase: [ci]
-- fix: Give the column the type of the key that it refers to, in a new major version if it is published.
-- owner: team:platform
-- effective from: 2026-01-01
with identifiers as (

    select contract, port, "column", type, primary_key
    from columns
    where regexp_matches("column", '_(id|key|code)$')

),

homes as (

    -- The type of the columns in which the identifier is a key; without such columns, the most frequent type.
    select "column", coalesce(mode(type) filter (where primary_key), mode(type)) as type, min(port) filter (where primary_key) as port
    from identifiers
    group by "column"

),

pointing as (

    select columns.contract, columns."column", columns.type, target.type as wanted, columns.points_to
    from columns
    join columns as target on columns.points_to = target.port || '.' || target."column"
    where columns.points_to is not null

)

select
    identifiers.contract || '.' || identifiers."column" as subject,
    'it is ' || identifiers.type || ', but ' || homes.type || ' elsewhere' as message,
    coalesce('it is a key of ' || homes.port, 'most columns of that name are ' || homes.type) as evidence
from identifiers join homes using ("column")
where identifiers.type <> homes.type

union all

select contract || '.' || "column", 'it is ' || type || ', but refers to ' || wanted, points_to
from pointing
where type <> wanted
