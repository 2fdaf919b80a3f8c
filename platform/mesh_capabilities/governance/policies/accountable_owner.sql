-- id: accountable_owner
-- title: Every product has an owner with an e-mail address.
-- why: Consumers who find a mistake in the data must be able to reach the accountable team. A channel is not enough, since
--   not every consumer is a member of it.
-- severity: error
-- scope: products
-- phase: [ci, publish]
-- fix: Name the team under team.name of the product, and under support give its address, as url mailto:team@example.com.
-- owner: team:platform
-- effective from: 2026-01-01
select
    product as subject,
    case
        when owner is null or trim(owner) = '' then 'it has no owner'
        when owner_address is null then 'its owner, ' || owner || ', has no e-mail address'
        else 'the address of its owner, ' || owner_address || ', is not an e-mail address'
    end as message,
    concat_ws(', ', 'owner: ' || owner, 'address: ' || owner_address, 'channel: ' || channel) as evidence
from products
where owner is null
    or trim(owner) = ''
    or owner_address is null
    or not regexp_full_match(owner_address, '[^@\s<>"'',;]+@[^@\s<>"'',;]+\.[^@\s<>"'',;]+')
