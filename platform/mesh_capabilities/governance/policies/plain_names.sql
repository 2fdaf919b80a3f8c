-- id: plain_names
-- title: A product's name is plain and the name of its file.
-- why: A name is a folder, a table, a web address and an asset key at the same time.
-- severity: error
-- scope: products
-- phase: [ci]
-- fix: Name the product in lowercase letters, digits and underscores, and its file
--   domains/<domain>/products/<name>.odps.yaml.
-- owner: team:platform
-- effective from: 2026-01-01
select
    product as subject,
    'its name is ' || coalesce('''' || name || '''', 'empty')
        || ', which is not plain or not the name of its file' as message,
    file as evidence
from products
where name is null
    or not regexp_full_match(name, '[a-z][a-z0-9_]*')
    or product is distinct from domain || '/' || name
    or file is distinct from 'domains/' || domain || '/products/' || name || '.odps.yaml'
