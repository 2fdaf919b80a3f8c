with source as (

    select * from {{ source('raw', 'order_items') }}

),

renamed as (

    select

        ---------- ids
        order_id,
        order_item_id as item_number,
        product_id,
        seller_id,

        ---------- money
        price,
        freight_value as freight,
        'BRL' as currency,

        ---------- times
        shipping_limit_date as ship_by

    from source

)

select * from renamed
