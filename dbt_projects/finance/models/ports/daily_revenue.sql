with orders as (

    select * from {{ source('sales', 'orders') }}

),

order_items as (

    select * from {{ source('sales', 'order_items') }}

),

exchange_rates as (

    select * from {{ ref('stg_exchange_rates') }}

),

orders_of_day as (

    select
        cast(purchased_at as date) as day,
        count(*) as order_count
    from orders
    group by day

),

items_of_day as (

    select
        cast(orders.purchased_at as date) as day,
        sum(order_items.price) as item_revenue,
        sum(order_items.freight) as freight
    from order_items
    inner join orders on order_items.order_id = orders.order_id
    group by day

),

days as (

    select cast(unnest(generate_series(min(day), max(day), interval 1 day)) as date) as day
    from orders_of_day

),

-- Both rates of a conversion are of one day: a day that quotes only one of the two does not count.
quotes as (

    select
        quoted_on,
        max(units_per_eur) filter (where currency = 'BRL') as brl_per_eur,
        max(units_per_eur) filter (where currency = 'USD') as usd_per_eur
    from exchange_rates
    group by quoted_on
    having brl_per_eur is not null and usd_per_eur is not null

),

-- The bank rests on weekends and holidays; its last quotes stay good until the next.
in_real as (

    select
        days.day,
        coalesce(orders_of_day.order_count, 0) as order_count,
        coalesce(items_of_day.item_revenue, 0) as item_revenue,
        coalesce(items_of_day.freight, 0) as freight,
        quotes.*
    from days
    left join orders_of_day on days.day = orders_of_day.day
    left join items_of_day on days.day = items_of_day.day
    asof left join quotes on days.day >= quotes.quoted_on

),

in_every_currency as (

    select
        in_real.*,
        currencies.currency,
        case currencies.currency
            when 'BRL' then in_real.brl_per_eur
            when 'EUR' then 1
            when 'USD' then in_real.usd_per_eur
        end as currency_per_eur
    from in_real
    cross join (values ('BRL'), ('EUR'), ('USD')) as currencies (currency)

)

-- Rounded here and nowhere before, each amount on its own.
select
    day,
    currency,
    order_count,
    cast(round(item_revenue / brl_per_eur * currency_per_eur, 2) as decimal(14, 2)) as item_revenue,
    cast(round(freight / brl_per_eur * currency_per_eur, 2) as decimal(14, 2)) as freight,
    cast(round((item_revenue + freight) / brl_per_eur * currency_per_eur, 2) as decimal(14, 2)) as revenue,
    brl_per_eur,
    cast(currency_per_eur as decimal(18, 6)) as currency_per_eur,
    quoted_on
from in_every_currency
