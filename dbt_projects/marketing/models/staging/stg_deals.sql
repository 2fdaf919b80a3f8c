with source as (

    select * from {{ source('raw', 'deals') }}

),

renamed as (

    select

        ---------- ids
        mql_id as lead_id,
        seller_id,
        sdr_id as sales_development_representative_id,
        sr_id as sales_representative_id,

        ---------- text
        business_segment,
        business_type,
        lead_type,
        lead_behaviour_profile as behaviour_profile,
        -- A spreadsheet once took two of the ranges for dates.
        case average_stock
            when '01-May' then '1-5'
            when 'May-20' then '5-20'
            else average_stock
        end as average_stock,

        ---------- booleans
        has_company,
        has_gtin,

        ---------- numbers
        declared_product_catalog_size as declared_catalog_size,

        ---------- money
        declared_monthly_revenue,
        'BRL' as currency,

        ---------- times
        won_date as won_at

    from source

)

select * from renamed
