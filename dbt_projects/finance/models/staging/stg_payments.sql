with source as (

    select * from {{ source('raw', 'payments') }}

),

renamed as (

    select

        ---------- ids
        order_id,
        payment_sequential,

        ---------- text
        payment_type,

        ---------- numbers
        payment_installments as installments,

        ---------- money
        payment_value as amount,
        'BRL' as currency

    from source

)

select * from renamed
