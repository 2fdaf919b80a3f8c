-- Newcomers are sellers that marketing won and that then sold something: newcomer k belongs to deal ⌈5k/3⌉ and is seller
-- 7k + 6. The sellers of the other deals have not sold anything yet, so they are not in the sellers file.
create macro deal_of(newcomer) as (5 * newcomer + 2) // 3;
create macro comes_to_sell(deal) as
    deal * 3 % 5 < 3 and deal * 3 // 5 < getvariable('newcomers');
create macro seller_of(newcomer) as 7 * newcomer + 6;
create macro is_newcomer(seller) as
    seller % 7 = 6 and seller // 7 < getvariable('newcomers');

-- Sellers that take long to be won are not newcomers.
create macro won_at(deal) as
    contacted_on(lead_of(deal))
    + case
        when deal_won_before_first_contact(deal) then days(-2)
        when comes_to_sell(deal) then days(draw_on_scale('days to newcomer', deal, [1, 3, 7, 14, 40]))
        else days(draw_on_scale('days to deal', deal, [1, 8, 25, 70, 160]))
    end
    + hours(8) + draw('time of deal', deal, 12 * 3600);

-- When each newcomer was won; computed once, because every item needs it.
set variable newcomers_won_at = (
    select list(won_at(deal_of(range)) order by range) from range(getvariable('newcomers'))
);
create macro is_open(seller, moment) as
    not is_newcomer(seller) or getvariable('newcomers_won_at')[1 + seller // 7] < moment;

create macro olist_closed_deals(start, stop) as table
select
    identify('lead', lead_of(range)) as mql_id,
    case
        when comes_to_sell(range) then identify('seller', seller_of(range * 3 // 5))
        else identify('seller who has not sold', range)
    end as seller_id,
    identify('sales development', draw('sales development', range, 32)) as sdr_id,
    identify('sales', draw('sales', range, 22)) as sr_id,
    as_timestamp(won_at(range)) as won_date,
    pick('business segment', range) as business_segment,
    pick('lead type', range) as lead_type,
    pick('behaviour profile', range) as lead_behaviour_profile,
    pick('has company', range) as has_company,
    pick('has gtin', range) as has_gtin,
    pick('average stock', range) as average_stock,
    pick('business type', range) as business_type,
    pick('catalog size', range) as declared_product_catalog_size,
    pick('monthly revenue', range) as declared_monthly_revenue
from range(start, stop)
order by won_date, range;
