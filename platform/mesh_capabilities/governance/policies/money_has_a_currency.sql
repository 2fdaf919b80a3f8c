-- id: money_has_a_currency
-- title: Money is an exact decimal with a currency.
-- why: Binary fractions lose cents, and amounts in different currencies cannot be added.
-- severity: error
-- scope: |
--   columns where currency_column is not null
--       or regexp_full_match(coalesce(unit, ''), '[A-Z]{3}')
--       or (
--           regexp_matches("column", '(^|_)(amount|balance|charged|commission|cost|fee|freight|paid|price|refund|revenue|spent|turnover)$')
--           and regexp_matches(type, '^(DECIMAL|DOUBLE|FLOAT|REAL|U?(TINY|SMALL|BIG|HUGE)?INT)')
--       )
-- phase: [ci]
-- fix: Promise a DECIMAL. Under customProperties, name the column that holds the currency as currencyColumn, or the
--   currency of all rows as unit (ISO 4217).
-- owner: team:platform
-- effective from: 2026-01-01
with money as (

    select *
    from columns
    where currency_column is not null
        or regexp_full_match(coalesce(unit, ''), '[A-Z]{3}')
        or (
            regexp_matches("column", '(^|_)(amount|balance|charged|commission|cost|fee|freight|paid|price|refund|revenue|spent|turnover)$')
            and regexp_matches(type, '^(DECIMAL|DOUBLE|FLOAT|REAL|U?(TINY|SMALL|BIG|HUGE)?INT)')
        )

)

select contract || '.' || "column" as subject, 'it is ' || type || ', not an exact decimal' as message, description as evidence
from money
where type not like 'DECIMAL%'

union all

select contract || '.' || "column", 'it has no currency', description
from money
where currency_column is null and not regexp_full_match(coalesce(unit, ''), '[A-Z]{3}')

union all

select money.contract || '.' || money."column", 'its currency column is not in the contract', money.currency_column
from money
left join columns as currency on currency.contract = money.contract and currency."column" = money.currency_column
where money.currency_column is not null and currency."column" is null
