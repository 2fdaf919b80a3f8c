-- The city of every person over time: a row is closed and the next one begins when the city or the state is not the one
-- that the run before saw. Both times are those of the run. Who is no longer in the source keeps the last row open.
{% snapshot customer_addresses %}

{{ config(
    schema='snapshots',
    strategy='check',
    unique_key='customer_unique_id',
    check_cols=['city', 'state'],
    hard_deletes='ignore'
) }}

select
    customer_unique_id,
    city,
    state
from {{ ref('customers') }}

{% endsnapshot %}
