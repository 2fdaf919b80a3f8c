-- id: inputs_are_promised
-- title: No product depends on a draft of another domain.
-- why: A contract that is a draft promises nothing, so its columns may change without a new version and without notice.
-- severity: warning
-- scope: products
-- phase: [ci]
-- fix: Ask the producer to give the contract the status active, or wait until it has it.
-- owner: team:platform
-- effective from: 2026-01-01
select
    inputs.product as subject,
    'it reads ' || inputs.contract || ', whose status is ' || contracts.status as message,
    'the input ' || inputs.input as evidence
from inputs_declared as inputs
join contracts using (contract)
where contracts.status in ('draft', 'proposed')
    and inputs.input_domain <> inputs.domain
