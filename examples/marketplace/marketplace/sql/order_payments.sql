-- The payments of an order: one payment, or a credit card payment and vouchers of equal value; and some payments of 0.00.
create macro olist_order_payments(start, stop) as table
with due as (

    select
        number,
        any_value(place) as place,
        sum(price + freight)::bigint + any_value(place).surcharge as amount
    from items_of(start, stop)
    group by number

),

payment as (

    select
        number,
        place,
        amount,
        amount * (5 + draw('voucher', number, 15)) // 100 as voucher,
        unnest(range(1, place.payments + if(place.worthless = '', 0, 1) + 1)) as sequential
    from due

),

typed as (

    select
        *,
        case
            when sequential > place.payments then place.worthless
            when place.payments = 1 then pick('payment type', number)
            when sequential = 1 then 'credit_card'
            else 'voucher'
        end as type
    from payment

)

select
    identify('order', number) as order_id,
    sequential as payment_sequential,
    type as payment_type,
    if(type = 'credit_card', pick('installments', number), '1') as payment_installments,
    in_real(
        case
            when sequential > place.payments then 0
            when sequential = 1 then amount - voucher * (place.payments - 1)
            else voucher
        end
    ) as payment_value
from typed
order by number, sequential;
