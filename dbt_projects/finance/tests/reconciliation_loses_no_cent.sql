-- What the orders were charged and paid is all that was; gives both sums where it is not.
with counted as (

    select sum(charged) as charged, sum(paid) as paid from {{ ref('order_reconciliation') }}

),

expected as (

    select
        (select sum(price + freight) from {{ source('sales', 'order_items') }}) as charged,
        (select sum(amount) from {{ ref('payments') }}) as paid

)

select counted.*, expected.*
from counted
cross join expected
where counted.charged <> expected.charged or counted.paid <> expected.paid
