-- The channels' leads and deals add up to all leads and deals; gives both sums where they do not.
with counted as (

    select sum(lead_count) as leads, sum(deal_count) as deals from {{ ref('channel_performance') }}

),

expected as (

    select count(*) as leads, count(*) filter (where is_won) as deals from {{ ref('leads') }}

)

select counted.*, expected.*
from counted
cross join expected
where counted.leads <> expected.leads or counted.deals <> expected.deals
