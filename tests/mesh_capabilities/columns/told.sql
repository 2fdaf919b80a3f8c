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
select v.x from (values ('Oslo'), ('b')) v(x), (select 1 as one from sales.people where city = v.x) l
select v.x from (values ('Oslo'), ('b')) v(x) cross join (select 1 as one from sales.people where city = v.x) l
select v.x from (values ('Oslo'), ('b')) v(x) join lateral (select 1 as one from sales.people where city = v.x) l on true
select v.x from (values ('Oslo'), ('b')) v(x) cross join lateral (select 1 as one from sales.people where city = v.x limit 1) l
select v.x from (values ('Oslo'), ('b')) v(x), lateral (select 1 as one from sales.people group by city having city = v.x) l
select v.x from (values ('Oslo'), ('b')) v(x), lateral (select city from sales.people intersect select v.x) l
select v.x from (values ('Oslo'), ('b')) v(x), lateral (select v.x as c intersect select city from sales.people) l
select w.word as x from sales.codes w, lateral (select 1 from sales.people where lower(left(trim(city), 1)) = lower(w.word)) l
select v.x from (values ('Oslo'), ('b')) v(x), lateral (select count(*) as n from sales.people where city = v.x) l where l.n = 1
select v.x from (values ('Oslo'), ('b')) v(x), lateral (with w as (select 1 as one from sales.people where city = v.x) select * from w) l
select v.x from (values ('Oslo'), ('b')) v(x), lateral (select 1 as one from (select 2 as two from sales.people where city = v.x)) l
select v.x from (values ('Oslo'), ('b')) v(x), lateral (select v.x as y) a, lateral (select 1 as one from sales.people where city = a.y) l
select v.x from (values ('Oslo'), ('b')) v(x), ((select 1 as q) a cross join (select 1 as one from sales.people where city = v.x) b)
select v.x from (values ('Oslo'), ('b')) v(x), ((select 1 as q) a cross join lateral (select 1 as one from sales.people where city = v.x) b) as j
select v.x from (values ('Oslo'), ('b')) v(x) left join lateral (select 1 as one from sales.people where city = v.x) l on true where l.one = 1
select v.x from (values ('Oslo'), ('b')) v(x), unnest(array(select 1 from sales.people where city = v.x)) u(o)
select v.x from (values ('Oslo'), ('b')) v(x), unnest(case when v.x = (select max(city) from sales.people) then [1] else [] end) u(o)
select v.x from (values ('Oslo'), ('b')) v(x), range((select count(*) from sales.people where city = v.x)) u(o)
select v.x from (values ('Oslo'), ('b')) v(x), generate_series(1, (select count(*) from sales.people where city = v.x)) u(o)
select unnest(['B', 'O', 'f']) as x order by x = (select max(city[1]) from sales.people) desc limit 1
select chr(unnest(range(200))::integer) as x limit 1 offset (select unicode(max(city)) from sales.people)
select distinct on (x = (select max(city[1]) from sales.people)) unnest(['B', 'O', 'f']) as x order by x
select x from (values ('a'), ('O'), ('c')) v(x) limit 1 offset (select length(max(city)) - 4 from sales.people)
select min(x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by v.x = c
select v.x = c as k, min(x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by all
select min(x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by grouping sets ((v.x = c))
select string_agg(x, '') as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by v.x = c
select any_value(x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by v.x = c
select list(x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by v.x = c
select arg_min(x, x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by v.x = c
select first_value(min(x)) over (order by min(x)) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by v.x = c
select (select max(v.x)) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by v.x = c
select v.x from (values ('Oslo'), ('b')) v(x), sales.people p group by v.x, p.city = v.x having count(*) > 2
select v.x from (values ('Oslo'), ('b')) v(x), sales.people p group by v.x, p.city = v.x having max(p.id) <= 2
select v.x from (values ('Oslo'), ('b')) v(x), sales.people p group by v.x, p.city = v.x qualify count(*) over (partition by v.x) > 1
select x from (select min(x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by v.x = c)
select max(v.x) as x from (values (1, 'a'), (2, 'b')) v(i, x) positional join (select 1 as one from sales.people where city < 'M') q group by q.one
select max(v.x) as x from (values (1, 'a'), (2, 'b')) v(i, x) positional join (select id from sales.people where city < 'M') q group by q.id is null
select v.x from (values (1, 'a'), (2, 'b')) v(i, x) positional join (select id from sales.people where city < 'M') q where q.id is null
with spelled as (select string_agg(letter.c, '' order by place.i) as text from range(1, 33) as place (i) cross join (values ('O'), ('s'), ('l')) as letter (c) cross join lateral (select 1 as one from (select max(city) as id from sales.people) as people where substr(people.id, place.i::int, 1) = letter.c) as found) select spelled.text as x from spelled
select v.x from (values (0, 'no'), (1, 'Oslo')) v(i, x) join (select count(*) as n from sales.people where city = 'Oslo') q on q.n = v.i
select v.x from (values (0, 'no'), (1, 'Oslo')) v(i, x), (select count(*) as n from sales.people where city = 'Oslo') q where q.n = v.i
select v.x from (values ('a'), ('b'), ('c')) v(x), (select 1 from sales.people where city < 'M') order by v.x limit 1 offset 1
select x from (select v.x from (values ('a'), ('b'), ('c')) v(x), (select 1 from sales.people where city < 'M')) order by x limit 1 offset 1
select distinct v.x, p.city = v.x as k from (values ('Oslo'), ('b')) v(x), sales.people p order by 1 limit 1 offset 1
select v.x from (values ('a'), ('b'), ('c')) v(x), (select 1 from sales.people where city < 'M') qualify row_number() over (order by v.x) = 2
select nth_value(v.x, 2) over (order by v.x rows between unbounded preceding and unbounded following) as x from (values ('a'), ('b'), ('c')) v(x), (select 1 from sales.people where city < 'M')
select list(v.x order by v.x)[2] as x from (values ('a'), ('b'), ('c')) v(x), (select 1 from sales.people where city < 'M')
select coalesce(max(v.x), 'none') as x from (values ('a')) v(x), (select 1 from sales.people where city < 'M')
select b, coalesce(q.x, 'none') as x from (values ('a')) base(b) left join (select w.x from (values ('a')) w(x), (select 1 from sales.people where city < 'C')) q on q.x = base.b
select v.x from (values ('a')) v(x), (select 1 from sales.people where city < 'C') union all select v.x from (values ('b')) v(x), (select 1 from sales.people where city >= 'C')
select row_number() over () as x from sales.orders limit 1 offset (select unicode(max(city)) - 78 from sales.people)
select y as x from (unpivot (select v.x as y, case when v.x = city then 1 end as k from (values ('Oslo'), ('b')) v(x), sales.people) on k into name n value w)
select mn as x from (select v.x, v.x = city as k, 'c' as c from (values ('Oslo'), ('b')) v(x), sales.people) pivot (min(x) for c in ('c' as mn) group by k)
with recursive r as (select 0 as i, '' as t union all select i + 1, t || l.c from r, lateral (select v.c from (values ('O'), ('s')) v(c), (select 1 from (select max(city) m from sales.people) where m[r.i::int + 1] = v.c)) l where i < 5) select max(t) as x from r
with recursive r as (select 0 as i union all select i + 1 from r, (select 1 from sales.people where city = 'Oslo') l where i < 5) select max(i) as x from r
with recursive r as (select 0 as i union all select i + 1 from r, lateral (select 1 from sales.people where unicode(city) = 79 and r.i < 5) l) select max(i) as x from r
select v.x from (values ('Oslo'), ('b')) v(x) anti join sales.people on city = v.x
select v.x from (values (1)) w(o) asof join (values (0, 'a'), (1, 'b')) v(i, x) on w.o >= v.i, (select 1 from sales.people where city < 'C' and w.o = 1) l
select (select v.x from (values ('Oslo'), ('b')) v(x), (select 1 from sales.people where city = v.x) l) as x
select ['a', 'Oslo', 'b'][(select length(max(city)) - 2 from sales.people)] as x
select (['a', 'b', 'c', 'd', 'e', 'f'])[1:(select length(max(city)) from sales.people)] as x
select list_extract(['a', 'b', 'c', 'd', 'e', 'f'], (select length(max(city)) from sales.people)) as x
select map {'Oslo': 'a', 'b': 'c'}[(select max(city) from sales.people)] as x
select element_at(map {'Oslo': 'a', 'b': 'c'}, (select max(city) from sales.people)) as x
select case (select max(city) from sales.people) when 'Oslo' then 'a' else 'b' end as x
select 'Oslo' in (select city from sales.people) as x
select substr('abcdef', (select length(max(city)) from sales.people), 1) as x
select lag(v.x, (select length(max(city)) - 3 from sales.people)) over (order by v.x) as x from (values ('a'), ('b')) v(x)
select max(v.x) filter (v.x in (select city from sales.people)) as x from (values ('Oslo'), ('b')) v(x)
select range as x from range((select length(max(city)) from sales.people))
select x from (values ('Oslo'), ('b')) v(x) where x in (select city from sales.people) order by all limit 1
select x from (select 'b' as x union all select 'Oslo') intersect select city from sales.people
select v.x from (values ('Oslo'), ('b')) v(x) join sales.people on true where city = v.x
select x from (select * from (values ('Oslo'), ('b')) v(x)) v, lateral (select max(city) as m from sales.people where city = v.x) l where m is not null
select v.x from (values ('Oslo'), ('b')) v(x) where (select count(*) from sales.people where city = v.x) = 1
select max(x) as x from (values ('Oslo'), ('b')) v(x) group by x in (select city from sales.people)
select x from (select max(x) as x, x in (select city from sales.people) as k from (values ('Oslo'), ('b')) v(x) group by k) where k
select last(x) as x from (select v.x from (values ('Oslo'), ('z')) v(x) order by v.x in (select city from sales.people))
select ((select max(city) c from sales.people) = 'Oslo')::int as x
select mode(v.x) as x from (values ('Oslo'), ('b')) v(x) left join sales.people on city <> v.x
select histogram(v.x) as x from (values ('Oslo'), ('b')) v(x), (select 1 from sales.people where city = v.x) l
select count(*) as x from (values ('Oslo'), ('b')) v(x), (select 1 from sales.people where city = v.x) l
select sum(o) as x from (values ('Oslo'), ('b')) v(x), unnest(array(select 1 from sales.people where city = v.x)) u(o)
select unnest((select [' ', 'O', max(status), 'z'] from sales.orders)) as x limit 1 offset (select strpos(' OBz', substr(min(city), 1, 1)) - 1 from sales.people)
select unnest(str_split(' ,O,f,z', ',')) as x limit 1 offset (select strpos(' OBz', substr(min(city), 1, 1)) - 1 from sales.people)
select unnest(str_split(' ,O,f,z' || (select max(status) from sales.orders), ',')) as x limit 1 offset (select strpos(' OBz', substr(min(city), 1, 1)) - 1 from sales.people)
select unnest(str_split(concat(' ,O,f,z', (select max(status) from sales.orders)), ',')) as x limit 1 offset (select strpos(' OBz', substr(min(city), 1, 1)) - 1 from sales.people)
select unnest([' ', 'O', 'B', 'z']) as x limit 1 offset (select strpos(' OBz', substr(min(city), 1, 1)) - 1 from sales.people)
select unnest([' ', 'O', 'B', 'z']) as x limit (select strpos(' OBz', substr(min(city), 1, 1)) from sales.people)
select unnest([' ', 'O', 'B', 'z']) as x order by abs(unicode(x) - (select unicode(min(city)) from sales.people)) limit 1
select generate_subscripts([7, 8, 9, 10], 1) as x limit 1 offset (select strpos(' OBz', substr(min(city), 1, 1)) - 1 from sales.people)
(select unnest([' ', 'O', 'B', 'z']) as x) limit 1 offset (select strpos(' OBz', substr(min(city), 1, 1)) - 1 from sales.people)
select min(x) as x from (select v.x, v.x = c as k from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people)) group by rollup (k)
select min(x) as x from (select v.x, v.x = c as k from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people)) group by cube (k)
select x from (select x, count(*) as n from (values ('Oslo'), ('b')) v(x) left join sales.people on city = v.x group by x) where n > 0 order by n limit 1
select coalesce(q.x, 'none') as x from (select w.x from (values ('a')) w(x), (select 1 from sales.people where city < 'C')) q right join (values ('a')) base(b) on q.x = base.b
select v.x from (select 1 as one from sales.people where city < 'M') q cross join (values ('1'), ('2'), ('9')) v(x) join sales.codes c on c.code = v.x order by v.x limit 1 offset 1
select list(v.x order by v.x)[2] as x from (values ('1'), ('2'), ('9')) v(x) join sales.codes c on c.code = v.x cross join (select 1 as one from sales.people where city < 'M') q
select v.x from (values ('Oslo'), ('b')) v(x), (select unnest(case when v.x = city then [1] end) as o from sales.people) u
select v.x from (values ('Oslo'), ('b')) v(x), (select 1 as o from sales.people p, (select 1 as q where p.city = v.x)) u
select v.x from (values ('Oslo'), ('b')) v(x), (values (1)) w(o), (select city from sales.people where city = v.x limit 1) l order by 1 limit 3
select v.x from (values ('Oslo'), ('b')) v(x), (from sales.people where city = v.x) l
select x from (values ('Oslo'), ('b')) v(x), (select 1 as one from sales.people where city = x) l
select v.x from (select unnest(['Oslo', 'b']) as x) v, (select distinct 1 as one from sales.people where city = v.x) l
select v.x from (select 'Oslo' as x union all select 'b') v, (select 1 as one from sales.people p where exists (select 1 where p.city = v.x)) l
with recursive r as (select 'b' as x union all select 'Oslo' from r where x = 'b') select r.x from r, (select 1 as one from sales.people where city = r.x) l
select m.x from (select v.x, l.one from (values ('Oslo'), ('b')) v(x) left join lateral (select 1 as one from sales.people where city = v.x) l on true) m where m.one is not null
select v.x from (values ('Oslo'), ('b')) v(x) left join lateral (select city as c from sales.people where city = v.x) l on true where l.c is not null
select w.word as x from sales.codes w, unnest(array(select 1 from sales.people where lower(city[1]) = lower(w.word))) u(o)
select max(w.word) as x from sales.codes w, (select min(city) as c from sales.people) group by lower(w.word) = lower(trim(c)[1])
select d.x from (select unnest(generate_series(1, 200)) as x) d, (select 1 as one from sales.people where unicode(city) = d.x) l
select max(d.x) as x from range(1, 200) d(x), (select 1 as one from sales.people where unicode(city) = d.x limit 1) l
select x from (select v.x, rank() over (order by p.city = v.x) as r from (values ('Oslo'), ('b')) v(x), sales.people p) where r > 1
select distinct on (k) x from (select v.x, v.x in (select city from sales.people) as k from (values ('Oslo'), ('b')) v(x)) order by k, x
from (values ('Oslo'), ('b')) v(x) where x = any(select city from sales.people)
select x from (values ('Oslo'), ('b')) v(x) where x = any(select city from sales.people)
select v.x from (values ('Oslo'), ('b')) v(x) full join sales.people on city = v.x where id is not null
select min(v.x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) as c from sales.people) l group by case when v.x = l.c then 1 end
select k, quantile_disc(v.x, 0.5) as x from (select v.x, v.x < (select max(city) from sales.people) as k from (values ('Oslo'), ('b'), ('A')) v(x)) v group by k
select list_extract(list(v.x order by v.x), 1) as x from (values ('Oslo'), ('b')) v(x), (select 1 as o from sales.people where city = v.x) l
select max(v.x) over (partition by v.x = c) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people)
select lead(v.x) over (order by v.x = c, v.x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people)
select x from (select v.x from (values ('Oslo'), ('b')) v(x) except all select city from sales.people)
select case when exists (select 1 from sales.people where city = 'Oslo') then 'a' else 'b' end as x
select array(select v.x from (values ('Oslo'), ('b')) v(x), (select 1 from sales.people where city = v.x))[1] as x
select any_value(l.x) as x from sales.orders o, lateral (select v.x from (values ('Oslo'), ('b')) v(x), lateral (select 1 from sales.people where city = v.x and o.id < 9)) l
select string_agg(v.x, '') as x from (select v.x from (values ('Oslo'), ('b')) v(x) order by v.x = (select max(city) from sales.people)) v
select first(v.x) as x from (values ('Oslo'), ('b')) v(x), (select max(city) c from sales.people) group by 1 = 1, v.x > c
select coalesce(l.x, 'none') as x from (values (1)) w(o) left join lateral (select 'Oslo' as x from sales.people where city = 'Oslo' and w.o = 1) l on true
