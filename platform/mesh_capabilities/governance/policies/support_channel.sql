-- id: support_channel
-- title: Every contract says where to ask.
-- why: A question that goes to the wrong place is answered late or never.
-- severity: error
-- scope: contracts where valid is not false
-- phase: [ci]
-- fix: Name a channel under support in the contract.
-- owner: team:platform
-- effective from: 2026-01-01
select contract as subject, 'it names no channel for questions' as message, file as evidence
from contracts
where valid is not false and coalesce(trim(support_channel), '') = ''
