-- Times, in seconds since 1970, without a time zone, as in the shop's own files.

-- The orders by month, per thousand: a growing shop with a busy November.
create table months (month date, weight integer);

insert into months values
    ('2016-09-01', 1),
    ('2016-10-01', 3),
    ('2017-01-01', 8),
    ('2017-02-01', 17),
    ('2017-03-01', 27),
    ('2017-04-01', 25),
    ('2017-05-01', 36),
    ('2017-06-01', 33),
    ('2017-07-01', 41),
    ('2017-08-01', 44),
    ('2017-09-01', 43),
    ('2017-10-01', 47),
    ('2017-11-01', 76),
    ('2017-12-01', 57),
    ('2018-01-01', 73),
    ('2018-02-01', 68),
    ('2018-03-01', 73),
    ('2018-04-01', 70),
    ('2018-05-01', 69),
    ('2018-06-01', 62),
    ('2018-07-01', 62),
    ('2018-08-01', 63),
    ('2018-09-01', 1),
    ('2018-10-01', 1);

-- A thousand stretches of time with the same number of orders each.
set variable stretches = (
    select list({
        begins: epoch(month)::bigint + length * stretch // weight,
        length: length // weight
    } order by month, stretch)
    from (
        select month, weight, epoch(month + interval 1 month)::bigint - epoch(month)::bigint as length from months
    ), range(weight) as stretches (stretch)
);

create macro hours(count) as count * 3600;
create macro days(count) as count * 86400;
create macro start_of_day(moment) as moment - moment % 86400;

-- The format of the files: 2018-02-28 09:30:00.
create macro as_timestamp(moment) as make_timestamp(moment * 1000000);

-- Orders are numbered by time: order n of N is placed near the share n / N (in units of 1e-9) of the calendar.
create macro purchases(start, stop) as table
with shared as (

    select
        range as number,
        least(
            (range * 1000000000 + draw('moment', range, 1000000000)) // getvariable('orders'),
            999999999
        ) as share
    from range(start, stop)

),

stretched as (

    select
        number,
        share % 1000000 as rest,
        getvariable('stretches')[1 + share // 1000000] as stretch
    from shared

),

even as (

    select
        number,
        stretch.begins + stretch.length * rest // 1000000 as moment
    from stretched

)

-- The marks are the times of day, in seconds, by which 0 %, 10 %, 20 %, … of the day's orders have been placed.
select
    number,
    start_of_day(moment)
    + on_scale([0, 31320, 39300, 44760, 50400, 55980, 61380, 67500, 73500, 79200, 86400], moment % 86400 * 1000000 // 86400)
        as purchased_at
from even;
