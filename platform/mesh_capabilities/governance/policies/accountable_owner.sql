-- id: accountable_owner
-- title: Every product has an owner who can be written to.
-- why: Who finds a mistake in the data has to find somebody who answers for them. A channel is not enough, since not
--   everybody is in it.
-- severity: error
-- scope: products
-- phase: [ci, publish]
-- fix: Name the team under team.name of the product, and under support give its address, as url mailto:team@example.com.
-- owner: team:platform
-- effective from: 2026-01-01
select
    product as subject,
    case
        when owner is null or trim(owner) = '' then 'nobody owns it'
        when owner_address is null then 'its owner, ' || owner || ', has no address that people can write to'
        else 'the address of its owner, ' || owner_address || ', is no address'
    end as message,
    concat_ws(', ', 'owner: ' || owner, 'address: ' || owner_address, 'channel: ' || channel) as evidence
from products
where owner is null
    or trim(owner) = ''
    or owner_address is null
    or not regexp_full_match(owner_address, '[^@\s<>"'',;]+@[^@\s<>"'',;]+\.[^@\s<>"'',;]+')
