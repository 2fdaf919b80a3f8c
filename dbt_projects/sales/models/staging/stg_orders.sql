with source as (

    select * from {{ source('raw', 'orders') }}

),

renamed as (

    select

        ---------- ids
        order_id,
        customer_id,

        ---------- text
        order_status as status,

        ---------- times
        order_purchase_timestamp as purchased_at,
        order_approved_at as approved_at,
        order_delivered_carrier_date as shipped_at,
        order_delivered_customer_date as delivered_at,
        cast(order_estimated_delivery_date as date) as promised_on

    from source

)

select * from renamed
