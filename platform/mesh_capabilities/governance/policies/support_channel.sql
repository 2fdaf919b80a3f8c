-- id: support_channel
-- title: Every contract names a support channel.
-- why: A question in the wrong place is answered late or never.
-- severity: error
-- scope: contracts where valid is not false
-- phase: [ci]
-- fix: Name a channel under support in the contract.
-- owner: team:platform
-- effective from: 2026-01-01
select contract as subject, 'it names no support channel' as message, file as evidence
from contracts
where valid is not false and coalesce(trim(support_channel), '') = ''
