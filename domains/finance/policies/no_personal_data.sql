-- id: finance.no_personal_data
-- title: Finance publishes no personal data.
-- why: The books are kept longer and read by more people than the customers' data. What finance needs of a person it reads
--   from sales and does not pass on.
-- severity: error
-- scope: columns
-- phase: [ci, publish]
-- fix: Leave the column out of the port, or publish what is counted from it.
-- owner: team:finance
-- effective from: 2026-01-01
-- privacy: true
select contract || '.' || "column" as subject, 'it is ' || classification as message, description as evidence
from columns join classifications using (classification)
where classifications.personal
