-- id: plain_names
-- title: Products are called by plain names, as their files are.
-- why: A name is a folder, a table, a web address and an asset key at once; one spelling has to do for all of them.
-- severity: error
-- scope: products
-- phase: [ci]
-- fix: Call the product by small letters, digits and underscores, and its file domains/<domain>/products/<name>.odps.yaml.
-- owner: team:platform
-- effective from: 2026-01-01
select
    product as subject,
    'it is called ' || coalesce('''' || name || '''', 'nothing')
        || ', which is no plain name or not that of its file' as message,
    file as evidence
from products
where name is null
    or not regexp_full_match(name, '[a-z][a-z0-9_]*')
    or product is distinct from domain || '/' || name
    or file is distinct from 'domains/' || domain || '/products/' || name || '.odps.yaml'
