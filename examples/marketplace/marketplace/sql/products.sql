-- The price in cents, with marks at every 5 %; every price ends with 90.
create macro list_price(product) as
    draw_on_scale(
        'price', product,
        [
            400, 1700, 2300, 2900, 3400, 4000, 4500, 5200, 5900, 6600,
            7400, 8500, 9900, 11000, 12000, 13500, 15500, 18000, 22000, 32000, 95000
        ]
    ) // 100 * 100 + 90;

create macro weight_in_g(product) as
    draw_on_scale('weight', product, [50, 180, 250, 350, 500, 700, 1000, 1600, 2600, 6600, 30000]);

-- The misspelt names are the shop's own. A product without a category has no texts either. The random values are computed
-- first and made conditional later, because DuckDB evaluates a repeated expression once only outside conditions.
create macro olist_products(start, stop) as table
with drawn as (

    select
        range as number,
        pick('category', range) as category,
        draw_on_scale('name length', range, [5, 40, 51, 57, 76]) as name_length,
        draw_on_scale('description length', range, [4, 340, 595, 970, 3990]) as description_length,
        draw_on_scale('photos', range, [1, 1, 1, 3, 10]) as photos,
        weight_in_g(range) as weight_g,
        draw_on_scale('length', range, [7, 18, 25, 38, 105]) as length_cm,
        draw_on_scale('height', range, [2, 8, 13, 21, 105]) as height_cm,
        draw_on_scale('width', range, [6, 15, 20, 30, 118]) as width_cm,
        not product_without_category(range) as described,
        not product_without_measures(range) as measured
    from range(start, stop)

)

select
    quoted(identify('product', number)) as """product_id""",
    case
        when product_of_first_untranslated_category(number) then 'brinquedos_de_madeira'
        when product_of_second_untranslated_category(number) then 'acessorios_para_ciclismo'
        when described then category
    end as """product_category_name""",
    if(described, name_length, null) as """product_name_lenght""",
    if(described, description_length, null) as """product_description_lenght""",
    if(described, photos, null) as """product_photos_qty""",
    if(measured, weight_g, null) as """product_weight_g""",
    if(measured, length_cm, null) as """product_length_cm""",
    if(measured, height_cm, null) as """product_height_cm""",
    if(measured, width_cm, null) as """product_width_cm"""
from drawn
order by number;
