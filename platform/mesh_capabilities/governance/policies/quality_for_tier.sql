-- id: quality_for_tier
-- title: A product has a tier, and its ports meet the quality that the tier requires.
-- why: A tier says how far consumers may rely on a product. Bronze ports have a key, silver ports one blocking quality
--   rule, gold ports two and a new version every day.
-- severity: error
-- scope: products
-- phase: [ci]
-- fix: Set tier to gold, silver or bronze under customProperties of the product, and give its contracts the rules of that
--   tier.
-- owner: team:platform
-- effective from: 2026-01-01
with tiers(tier, quality_rules, freshness_seconds) as (

    values ('bronze', 0, null), ('silver', 1, null), ('gold', 2, 86400)

),

found as (

    select
        contract,
        count(*) filter (where kind = 'primary_key') as key_rules,
        count(*) filter (where kind = 'quality' and severity = 'error') as quality_rules
    from rules
    where source = 'contract'
    group by contract

),

judged as (

    select
        products.product,
        products.tier,
        contracts.contract,
        coalesce(found.key_rules, 0) as key_rules,
        coalesce(found.quality_rules, 0) as quality_rules,
        contracts.freshness_seconds,
        tiers.quality_rules as wanted_rules,
        tiers.freshness_seconds as wanted_freshness
    from products
    join tiers using (tier)
    join contracts on contracts.product = products.product
    left join found on found.contract = contracts.contract
    where contracts.valid is not false

)

select product as subject, 'its tier is not gold, silver or bronze' as message, tier as evidence
from products
where tier is null or tier not in (select tier from tiers)

union all

select
    product,
    'it is ' || tier || ', but ' || contract || ' has ' || concat_ws(
        ' and ',
        if(key_rules = 0, 'no key', null),
        if(quality_rules < wanted_rules, quality_rules || ' of ' || wanted_rules || ' blocking quality rules', null),
        if(
            coalesce(freshness_seconds, 999999999) > wanted_freshness,
            'no new version within ' || wanted_freshness // 3600 || ' hours',
            null
        )
    ),
    concat_ws(', ', 'quality rules: ' || quality_rules, 'freshness: ' || freshness_seconds || ' s')
from judged
where key_rules = 0
    or quality_rules < wanted_rules
    or coalesce(freshness_seconds, 999999999) > wanted_freshness
