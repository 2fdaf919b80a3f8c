with leads as (

    select * from {{ ref('stg_leads') }}

),

deals as (

    select * from {{ ref('stg_deals') }}

),

with_deal as (

    select
        leads.lead_id,
        leads.landing_page_id,
        leads.first_contact_on,
        -- Not `unknown`: that is an answer of the source's own.
        coalesce(leads.origin, 'not_recorded') as channel,
        deals.lead_id is not null as is_won,
        deals.* exclude (lead_id)
    from leads
    left join deals on leads.lead_id = deals.lead_id

)

select
    lead_id,
    channel,
    landing_page_id,
    first_contact_on,
    is_won,
    won_at,
    seller_id,
    business_segment,
    business_type,
    lead_type,
    behaviour_profile,
    has_company,
    has_gtin,
    average_stock,
    declared_catalog_size,
    declared_monthly_revenue,
    currency
from with_deal
