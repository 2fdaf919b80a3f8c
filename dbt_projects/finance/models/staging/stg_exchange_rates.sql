with source as (

    select * from {{ source('raw', 'exchange_rates') }}

),

renamed as (

    select

        ---------- text
        currency,

        ---------- numbers
        rate as units_per_eur,

        ---------- times
        day as quoted_on

    from source

)

select * from renamed
