-- The shop's export of sellers and products quotes values that begin with a digit, and other values only where necessary.
-- No CSV writer does that, so these two files are written as the text that the macros return.
create macro quoted(text) as
    case when text[1] between '0' and '9' or contains(text, ',') then '"' || text || '"' else text end;

create macro olist_sellers(start, stop) as table
with seller as (

    select
        range as number,
        pick('city of seller', range) as city
    from range(start, stop)

)

select
    quoted(identify('seller', number)) as """seller_id""",
    quoted(zip_code_in(city, number)) as """seller_zip_code_prefix""",
    quoted(
        case when seller_with_comma_in_city(number) then city.city || ', brasil' else city.city end
    ) as """seller_city""",
    city.state as """seller_state"""
from seller
order by number;
