-- The reviews, requested the day after delivery, or on the promised day if the order has not arrived.
create macro olist_order_reviews(start, stop) as table
with review as (

    select
        number,
        if(place.shares_review, number - 1, number) as review,
        if(place.steps = 3, start_of_day(delivered_at) + days(1), promised_on) as created_at,
        draw_on_scale('seconds to answer', number, [30000, 90000, 150000, 270000, 900000]) as seconds_to_answer,
        pick('review score', number) as score,
        score >= '3' as pleased,
        draw('has title', number, 100) < if(pleased, 10, 15) as has_title,
        draw('has message', number, 100) < if(pleased, 35, 75) as has_message,
        if(pleased, pick('title of praise', number), pick('title of complaint', number)) as title,
        if(pleased, pick('praise', number), pick('complaint', number)) as message
    from journeys(start, stop)
    where place.reviewed

)

select
    identify('review', review) as review_id,
    identify('order', number) as order_id,
    score as review_score,
    if(has_title, title, null) as review_comment_title,
    if(has_message, message, null) as review_comment_message,
    as_timestamp(created_at) as review_creation_date,
    as_timestamp(created_at + seconds_to_answer) as review_answer_timestamp
from review
order by number;
