with products as (

    select * from {{ ref('stg_products') }}

),

categories as (

    select * from {{ ref('stg_categories') }}

),

-- Some categories have no translation; their own name is better than none.
translated as (

    select
        products.*,
        coalesce(categories.category, products.category_in_portuguese) as category
    from products
    left join categories on products.category_in_portuguese = categories.category_in_portuguese

)

select
    product_id,
    category,
    category_in_portuguese,
    name_length,
    description_length,
    photo_count,
    weight_g,
    length_cm,
    height_cm,
    width_cm
from translated
