with source as (

    select * from {{ source('raw', 'leads') }}

),

renamed as (

    select

        ---------- ids
        mql_id as lead_id,
        landing_page_id,

        ---------- text
        origin,

        ---------- times
        first_contact_date as first_contact_on

    from source

)

select * from renamed
