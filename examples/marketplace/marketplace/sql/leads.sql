-- The deals are spread evenly over the leads: deal d belongs to lead d * leads // deals.
create macro lead_of(deal) as deal * getvariable('leads') // getvariable('deals');
create macro deal_after(lead) as (lead * getvariable('deals') + getvariable('leads') - 1) // getvariable('leads');
create macro is_won(lead) as
    deal_after(lead) < getvariable('deals') and lead_of(deal_after(lead)) = lead;

-- Leads are numbered by time. The marks are the days since 2017-06-14 by which 0 %, 10 %, 20 %, … of them had arrived.
create macro contacted_on(lead) as
    epoch(date '2017-06-14')::bigint + days(on_scale(
        [0, 94, 155, 211, 233, 254, 276, 296, 314, 332, 352],
        (lead * 1000000 + draw('contact', lead, 1000000)) // getvariable('leads')
    ));

-- Some pages bring many more leads than others.
create macro landing_page_of(lead) as
    draw('landing page', lead, 400) * draw('landing page favour', lead, 100) // 100;

create macro olist_marketing_qualified_leads(start, stop) as table
select
    identify('lead', range) as mql_id,
    as_timestamp(contacted_on(range))::date as first_contact_date,
    identify('landing page', landing_page_of(range)) as landing_page_id,
    case
        when lead_without_origin(range) then null
        when is_won(range) then pick('origin of a won lead', range)
        else pick('origin', range)
    end as origin
from range(start, stop)
order by range;
