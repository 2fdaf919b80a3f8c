-- id: personal_data_has_a_basis
-- title: Personal data have a purpose, a legal basis and a retention period.
-- why: The law requires all three before personal data are stored (GDPR, articles 5 and 6).
-- severity: error
-- scope: columns where classification in (select classification from classifications where personal)
-- phase: [ci, publish]
-- fix: State the properties processingPurpose and legalBasis, such as the value consent, under customProperties of the
--   contract or the column, and the property retention, such as the value 2 with the unit y, under slaProperties.
-- owner: team:platform
-- effective from: 2026-01-01
-- privacy: true
select
    contract || '.' || "column" as subject,
    'it is ' || classification || ' and states no ' || concat_ws(
        ', no ',
        if(coalesce(trim(purpose), '') = '', 'purpose', null),
        if(coalesce(trim(legal_basis), '') = '', 'legal basis', null),
        if(coalesce(trim(retention), '') = '', 'retention', null)
    ) as message,
    concat_ws(', ', 'purpose: ' || purpose, 'legal basis: ' || legal_basis, 'retention: ' || retention) as evidence
from columns
where classification in (select classification from classifications where personal)
    and (
        coalesce(trim(purpose), '') = '' or coalesce(trim(legal_basis), '') = '' or coalesce(trim(retention), '') = ''
    )
