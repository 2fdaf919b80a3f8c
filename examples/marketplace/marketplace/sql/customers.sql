-- The person of an order: the last of every 33 orders is placed by the person of an earlier order, which is not itself a
-- returning one.
create macro person_of(number) as
    case
        when number % 33 = 32 then draw('return to', number, number // 33 + 1) * 33 + draw('return as', number, 32)
        else number
    end;

-- One row per order, because the shop assigns a new customer_id each time. One in 25 returning customers has moved.
create macro olist_customers(start, stop) as table
with customer as (

    select
        range as number,
        person_of(range) as person,
        if(draw('moved', range, 25) = 0, range, person_of(range)) as address
    from range(start, stop)

)

select
    identify('customer', number) as customer_id,
    identify('person', person) as customer_unique_id,
    zip_code_in(pick('city of customer', address), address) as customer_zip_code_prefix,
    pick('city of customer', address).city as customer_city,
    pick('city of customer', address).state as customer_state
from customer
order by number;
