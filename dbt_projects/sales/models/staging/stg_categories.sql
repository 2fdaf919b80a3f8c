with source as (

    select * from {{ source('raw', 'categories') }}

),

renamed as (

    select

        ---------- text
        product_category_name as category_in_portuguese,
        product_category_name_english as category

    from source

)

select * from renamed
