with codes as (select unnest(generate_series(1, 1000)) as code), letters as (select id, pos, chr(code::integer) as letter from sales.people cross join (select unnest(generate_series(1, 9)) as pos) as places join codes on unicode(substr(city, pos::integer, 1)) = codes.code) select id, string_agg(letter, '' order by pos) as x from letters group by id
select id, string_agg(chr(c::integer), '' order by pos) as x from sales.people, (select unnest(generate_series(1, 9)) as pos) as places, range(1, 1000) as codes (c) where c = unicode(substr(city, pos::integer, 1)) group by id
select id, letter as x from sales.people join (values ('B'), ('O'), (' '), ('z')) as v (letter) on city[1] = letter
select id, v.letter as x from sales.people join (values ('B', 66), ('O', 79), ('z', 122)) as v (letter, code) on unicode(city) = v.code
select p.id, (select chr(c::integer) from range(1, 1000) as r (c) where c = unicode(p.city)) as x from sales.people as p
select p.id, l.x from sales.people as p, lateral (select chr(c::integer) as x from range(1, 1000) as r (c) where c = unicode(p.city)) as l
select p.id, l.x from sales.people as p left join lateral (select c as x from range(1, 1000) as r (c) where c = unicode(p.city)) as l on true
select c as x from range(1, 1000) as r (c) semi join sales.people on c = unicode(city)
select c as x from range(1, 200) as r (c) anti join sales.people on c = unicode(city)
select c as x from range(1, 1000) as r (c) where c in (select unicode(city) from sales.people)
select c as x from range(1, 1000) as r (c) where exists (select 1 from sales.people where unicode(city) = c)
select id, c as x from sales.people asof join (select unnest(range(0, 200, 7)) as c) as codes on unicode(city) >= c
select id, c as x from sales.people asof left join (select unnest(range(0, 200, 7)) as c) as codes on unicode(city) >= c
select id, c as x from sales.people, range(1, 1000) as r (c) qualify row_number() over (partition by id order by abs(unicode(city) - c)) = 1
select distinct on (id) id, c as x from sales.people, range(1, 1000) as r (c) order by id, abs(unicode(city) - c)
select id, c as x from sales.people, range(1, 1000) as r (c) order by abs(unicode(city) - c) limit 1
select id, max(c) as x from sales.people, range(1, 1000) as r (c) where c <= unicode(city) group by id
select id, count(*) as x from sales.people, range(1, 1000) as r (c) where c <= unicode(city) group by id
select id, sum(1) as x from sales.people join range(1, 1000) as r (c) on c <= unicode(city) group by id
select id, count(id) as x from (select id from sales.people join range(1, 1000) as r (c) on c <= unicode(city)) group by id
select id, row_number() over (partition by id order by c) as x from sales.people join range(1, 1000) as r (c) on c <= unicode(city)
select id, c as x from sales.people, range(1, 1000) as r (c) group by id, c, city having c = unicode(city)
select id, c as x from sales.people join (with recursive n as (select 1 as c union all select c + 1 from n where c < 200) select c from n) as n on c = unicode(city)
with recursive n as (select id, city, 0 as c from sales.people union all select id, city, c + 1 from n where c < unicode(city)) select id, max(c) as x from n group by id
select id, n as x from (select id, city, n from sales.people, (select row_number() over () as n from range(1, 1000))) where n = unicode(city)
select id, x from (select id, city, x from (select * from sales.people) cross join (select c as x from (select unnest(range(1, 1000)) as c))) where unicode(city) = x
select id, x || left(street, 0) as x from (select id, home.street as street, city, chr(c::integer) as x from sales.people, range(1, 1000) as r (c)) where city[1] = x
select c.id, case when f.flag is null then 'no' else 'yes' end as x from sales.people as c left join (select id, 1 as flag from sales.people where city = 'Oslo' group by 1) as f on f.id = c.id
select c.id, coalesce(f.flag, 'no') as x from sales.people as c left join (select distinct id, 'yes' as flag from sales.people where city = 'Oslo') as f using (id)
select c.id, f.flag as x from sales.people as c left join (select id, max('yes') as flag from sales.people where city = 'Oslo' group by id) as f using (id)
with f as (select id, true as flag from sales.people where city = 'Oslo'), g as (select * from f), h as (select id, flag as again from g) select c.id, h.again as x from sales.people as c left join h using (id)
select id, 'north' as x from sales.people where city = 'Oslo' union all select id, 'south' from sales.people where city <> 'Oslo'
select 'north' as x, id from sales.people where city = 'Oslo' union all by name select id, 'south' as x from sales.people where city <> 'Oslo'
select id, x from (select id, 'Oslo' as x from sales.people union all select id, 'Berlin' from sales.people) except select id, 'Oslo' from sales.people where city = 'Oslo'
select id, c as x from sales.people, range(1, 200) as r (c) except select id, c from sales.people, range(1, 200) as r (c) where c <> unicode(city)
select id, x from (unpivot (select id, case when city = 'Oslo' then 1 end as oslo, case when city <> 'Oslo' then 1 end as other from sales.people) on oslo, other into name x value v)
pivot (select id, 'x' as one, c from sales.people join range(1, 200) as r (c) on c = unicode(city)) on one in ('x') using max(c) group by id
select id, c as x from (sales.people join range(1, 1000) as r (c) on c = unicode(city))
select j.x from (sales.people join (select unnest(range(1, 1000)) as x) as r on x = unicode(city)) as j
select first(c) as x from (select id, c from sales.people, range(1, 1000) as r (c) order by abs(unicode(city) - c)) group by id
select id, w.word as x from sales.people join sales.codes as w on (city = 'Oslo') = (w.word = 'a')
select id, c as x from sales.people, range(1, 1000 + (select 0 * max(amount) from sales.orders)) as r (c) where c = unicode(city)
with codes as (select unnest(generate_series(1, max(0 * amount) + 1000)) as c from sales.orders) select id, c as x from sales.people join codes on c = unicode(city)
with codes as (select unnest(['B', 'O', left(min(status), 1)]) as c from sales.orders) select id, c as x from sales.people join codes on c = city[1]
select id, c as x from sales.people join (values ('B'), ('O'), ((select left(min(status), 1) from sales.orders))) as v (c) on c = city[1]
select id, list_filter(range(1, 1000), c -> c = unicode(city))[1] as x from sales.people
select id, [c for c in range(1, 1000) if c = unicode(city)][1] as x from sales.people
