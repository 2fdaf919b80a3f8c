with order_items as (

    select * from {{ ref('stg_order_items') }}

)

select
    order_id,
    item_number,
    product_id,
    seller_id,
    price,
    freight,
    currency,
    ship_by
from order_items
