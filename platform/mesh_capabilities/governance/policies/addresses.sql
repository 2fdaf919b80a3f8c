-- id: addresses
-- title: A contract's id, file, port and columns follow the naming rules of the mesh.
-- why: The address of a port tells you the file and the id of its contract.
-- severity: error
-- scope: contracts
-- phase: [ci]
-- fix: Write the id <domain>.<port>.v<major>, name the file <port>.v<major>.odcs.yaml, and write columns in lowercase
--   letters, digits and underscores.
-- owner: team:platform
-- effective from: 2026-01-01
with places as (

    select
        contract,
        split_part(port, '/', 1) || '.' || split_part(port, '/', 2) || '.v' || major as id,
        'domains/' || domain || '/contracts/' || split_part(port, '/', 2) || '.v' || major || '.odcs.yaml' as place,
        file
    from contracts

)

select contract as subject, 'its id must be ' || id as message, file as evidence
from places
where contract is distinct from id

union all

select contract, 'its file must be ' || place, file
from places
where file is distinct from place

union all

select contract, 'its column ''' || "column" || ''' is not a plain name', port
from columns
where not regexp_full_match("column", '[a-z][a-z0-9_]*')
