-- Every newcomer sells something: counting back from the last order, the first two orders of every step begin with one.
-- Two, because the items of one of them may not be listed.
create macro first_sale(number) as
    case
        when number < getvariable('orders')
            and (getvariable('orders') - 1 - number) % getvariable('first_sale_step') < 2
            and (getvariable('orders') - 1 - number) // getvariable('first_sale_step') < getvariable('newcomers')
            then (getvariable('orders') - 1 - number) // getvariable('first_sale_step')
    end;

-- The items of these orders with amounts in cents, including items that are not listed, because they are paid.
create macro items_of(start, stop) as table
with basket as (

    select
        *,
        place_of(number) as place
    from purchases(start, stop)

),

unpacked as (

    select
        *,
        unnest(range(1, place.items + 1)) as sequential,
        number * 4 + sequential - 1 as item
    from basket

),

-- Some sellers sell much more than others.
drawn as (

    select
        *,
        draw('seller', item, getvariable('sellers')) * (1 + draw('favour', item, 1000)) // 1000 as drawn_seller
    from unpacked

),

-- A newcomer does not sell before it is won; the neighbouring seller does instead.
sold as (

    select
        *,
        case
            when sequential = 1 and first_sale(number) is not null then seller_of(first_sale(number))
            when is_open(drawn_seller, purchased_at) then drawn_seller
            else drawn_seller - 1
        end as seller
    from drawn

),

chosen as (

    select
        *,
        seller + getvariable('sellers') * draw('product', item, getvariable('products') // getvariable('sellers')) as product
    from sold

),

priced as (

    select
        *,
        list_price(product) as list_price,
        draw('sale', item, 10) = 0 as on_sale,
        750 + draw('freight', item, 1600) + weight_in_g(product) // 10 as full_freight,
        draw('free', item, 40) = 0 as free_of_freight,
        purchased_at + days(2) + draw('ship by', item, days(5)) as ship_by
    from chosen

)

select
    number,
    place,
    sequential,
    product,
    seller,
    ship_by,
    if(on_sale, list_price * 9 // 10, list_price) as price,
    if(free_of_freight, 0, full_freight) as freight
from priced;

create macro in_real(cents) as cents::decimal(12, 0) * 0.01;

create macro olist_order_items(start, stop) as table
select
    identify('order', number) as order_id,
    sequential as order_item_id,
    identify('product', product) as product_id,
    identify('seller', seller) as seller_id,
    as_timestamp(ship_by) as shipping_limit_date,
    in_real(price) as price,
    in_real(freight) as freight_value
from items_of(start, stop)
where place.listed
order by number, sequential;
