select id as k, upper(status) || id as text, 1 as one from sales.orders
with o as (select * from sales.orders) select o.* exclude (status) from o
select price, status from sales.orders join sales.items on id = order_id
select id as x from sales.orders union all select order_id from sales.items
select k from (select id as k from sales.orders) full join (select order_id as k from sales.items) using (k)
select row_number() over (order by amount) as n from sales.orders
select id from sales.orders where status = 'open'
select status, count(*) as n from sales.orders group by status
select id from sales.orders where id in (select order_id from sales.items where note = 'gift')
select (select sum(price) from sales.items where order_id = o.id) as spent from sales.orders as o
with spent as (select order_id, sum(price) as price from sales.items where note = 'gift' group by order_id) select orders.status, spent.price from sales.orders left join spent on orders.id = spent.order_id
select orders.status, items.price from sales.orders inner join sales.items on orders.id = items.order_id
select orders.status, items.price from sales.orders left join sales.items on orders.id = items.order_id
select distinct id, status from sales.orders
with o as (select * from sales.orders), unused as (select note from sales.items) select id from o
with recursive n as (select id from sales.orders union all select id + 1 from n where id < 9) select id from n
select city.trim() as currency from sales.people
select people.city.trim().upper() as c from sales.people
select (p.home).street.upper() as c, p.home.number as n from sales.people as p
select home.street as s from sales.people
select (home).street as s from sales.people
select home['street'] as s from sales.people
select home.* from sales.people
select unnest(home) from sales.people
select home.* exclude (street) from sales.people
select "Currency" as c, currency as d from sales.orders
select "currency" from sales.orders
select CURRENCY, Id from sales.orders
select trim("Currency") as "Currency" from sales.orders
select * from (select trim("Currency") as "cURRENCY", amount as "AMOUNT" from sales.orders) where amount > 8
select id, status from sales.orders union all by name select note as status, order_id as id from sales.items
select status, id from sales.orders union by name select note, order_id as id from sales.items
select id, amount from sales.orders union all by name select price as amount from sales.items
with a as (select id, status from sales.orders), b as (select note as status, price as id, order_id as more from sales.items) select * from a union all by name select * from b
select columns('.*') from sales.orders
select columns('^(id|status)$') from sales.orders
select columns(c -> c like '%u%') from sales.orders
select columns(* exclude (id, tags)) from sales.orders
select max(columns('a|d')) from sales.orders
select columns(*)::varchar from sales.items
select max(columns('price')) - min(columns('price')) as d from sales.items
select status, max(columns(* exclude (status, tags))) from sales.orders group by status
select id from sales.orders where columns('^a') > 8
select coalesce(*columns('status|Curr')) as c from sales.orders
select * like 'a%' from sales.orders
select * not like 'a%' from sales.orders
select * replace (upper(status) as status) from sales.orders
select * rename (status as state) from sales.orders
select * exclude (id) replace (amount + id as amount) from sales.orders
select o.* replace (id + 1 as id), note from sales.orders o join sales.items i on o.id = i.order_id
select struct_pack(*columns('id|amount')) as s from sales.orders
pivot sales.items on note using sum(price)
pivot sales.items on note using sum(price) group by order_id
pivot (select note, price from sales.items) on note in ('gift', 'plain') using sum(price) as total, count(*) as n
pivot sales.orders on status using count(*) group by "Currency"
pivot sales.items on note || 'x' using max(price) group by order_id
select * from sales.items pivot (sum(price) for note in ('gift', 'plain'))
select order_id, gift from sales.items pivot (sum(price) for note in ('gift', 'plain') group by order_id)
select p.gift from (pivot sales.items on note using sum(price) group by order_id) as p
with p as (pivot sales.items on note using sum(price) group by order_id) select order_id, plain * 2 as twice from p
unpivot sales.items on order_id, price
unpivot sales.items on order_id, price into name what value amount
unpivot (select order_id, price from sales.items) on columns(*) into name what value amount
unpivot sales.items on columns(* exclude (note)) into name what value amount
select note, v from sales.items unpivot (v for n in (order_id, price))
select note, v, n from sales.items unpivot include nulls (v for n in (order_id, price))
select * from (unpivot sales.items on (order_id, price) into name n value v, w)
select sum(amount) over w as s from sales.orders window w as (partition by status order by id)
select sum(amount) over (w order by id) as s, rank() over v as r from sales.orders window w as (partition by status), v as (w order by amount)
select distinct on (status) id, amount from sales.orders order by amount
select distinct on (status) amount from sales.orders order by status, id desc
select o from sales.orders o
select orders from sales.orders
select {'a': id, 'b': p} as s from sales.people p
select {'a': id, 'b': city} as s from sales.people
select row(id, city) as r from sales.people
select max_by(p, p.id) as r from sales.people p
select count(distinct p) as n from sales.people p
select list(p order by city) as l from sales.people p
select to_json(p) as j from sales.people p
with t as (select p from sales.people p) select p.city as c, p.id as i from t
with t as (select p from sales.people p) select p.* from t
select id, u from sales.orders, unnest(tags) as t(u)
select id, u from sales.orders, lateral (select unnest(tags) as u)
select id, u.x from sales.orders, lateral (select amount + 1 as x) as u
select id, x from sales.orders, (select amount + 1 as x)
select id, x from sales.orders left join lateral (select price as x from sales.items where order_id = orders.id) on true
select id, r.range as n from sales.orders, range(id) as r
select n from range(3) as t(n)
select id, n from sales.orders, generate_series(1, amount // 10) as g(n)
select unnest(tags) as tag, status from sales.orders
select id, generate_subscripts(tags, 1) as i from sales.orders
select status, price from sales.orders join (select order_id as id, price from sales.items) using (id)
select * from sales.orders join sales.people using (id)
select id, city from sales.orders left join sales.people using (id)
select id, city from sales.people right join sales.orders using (id)
select * from sales.orders natural join sales.people
select status from sales.orders semi join sales.people using (id)
select status from sales.orders anti join sales.people using (id)
select status, city from sales.orders positional join sales.people
select o.id, i.price from sales.orders o asof left join sales.items i on o.amount >= i.price
select o.id, i.price from sales.orders o asof join sales.items i on o.id = i.order_id and o.amount >= i.price
with recursive t(n, path) as (select id, [id] from sales.people union all select n + 1, list_append(path, n) from t where n < 5) select n, path from t
with recursive t(a, b, c) as (select id, amount, 0 from sales.orders union all select a, c, b from t where a < 0) select * from t
with recursive t(a, b, c, i) as (select id, 0, amount, 0 from sales.orders union all select b, c, a, i + 1 from t where i < 3) select a, b from t
with recursive t(k, v) using key (k) as (select id, amount from sales.orders union select k, v + 1 from t where v < 12) select k, v from t
select status from sales.orders qualify row_number() over (partition by status order by amount) = 1
select id from sales.orders window w as (partition by status order by amount) qualify rank() over w = 1
select [x + amount for x in tags if x > id] as l from sales.orders
select list_transform(tags, lambda x: x + amount) as l from sales.orders
select list_filter(tags, x -> x > 1) as l from sales.orders
select list_reduce(tags, (a, b) -> a + b + id) as l from sales.orders where len(tags) > 0
select list_transform(tags, lambda amount: amount + 1) as l from sales.orders
select tags[1] as f, tags[1:2] as s from sales.orders
select amount + 1 as x, x * 2 as y from sales.orders where x > 8
select upper(status) as status, status || 'x' as t from sales.orders
select id as status, status as s2 from sales.orders where status = 'open'
select status as id, sum(amount) as s from sales.orders group by id, status
select upper(status) as u, count(*) as n from sales.orders group by u
select status, "Currency", sum(amount) as s from sales.orders group by all
select status, sum(amount) as s from sales.orders group by 1 having s > 12
select status, sum(amount) as s from sales.orders group by rollup (status)
select status, grouping(status) as g, sum(amount) as s from sales.orders group by grouping sets ((status), ())
select sum(amount) filter (where status = 'open') as s from sales.orders
select id from sales.orders order by amount limit 2
select id from sales.orders order by 1 desc limit 1
select amount as id from sales.orders order by id limit 2
select id from (select * from sales.orders order by amount) limit 2
select list(id) as l from (select * from sales.orders order by amount)
select first(id) as l from (select * from sales.orders order by amount, id)
select string_agg(status, ',' order by amount) as s from sales.orders
select arg_max(id, amount) as a, id.max() as m from sales.orders
select id from sales.orders where amount > (select avg(price) from sales.items)
select id from sales.orders limit (select min(price) from sales.items)
select id, exists (from sales.items where order_id = orders.id and note = 'gift') as g from sales.orders
select id from sales.orders where exists (select 1 from sales.items where order_id = id)
select id in (select order_id from sales.items) as i from sales.orders
select id = any (select order_id from sales.items) as i from sales.orders
select id from sales.orders intersect select order_id from sales.items
select id from sales.orders except select order_id from sales.items
select id from sales.orders except all select order_id from sales.items
select id from sales.orders union select order_id from sales.items order by id limit 2
select case when status = 'open' then amount else id end as c, coalesce(null, status) as d from sales.orders
select cast(amount as varchar) as a, amount::double as b, try_cast(status as integer) as c from sales.orders
select status ilike '%E%' as l, status between 'o' and 'q' as b, status in ('open', "Currency") as i from sales.orders
select x.id from (values (1), (2)) as x(id) join sales.orders using (id)
from sales.orders
from sales.orders select status
from (sales.orders join sales.people using (id))
select o.id, p.city from (sales.orders o join sales.people p on o.id = p.id)
select * from (select id, id from sales.people) as t
select t.id_1 as second from (select id, length(city) as id from sales.people) as t
select a, b from (select id, status from sales.orders) as t(a, b)
with t(a, b) as (select id, status from sales.orders) select b from t
select k, city from (select id as k, amount from sales.orders) left join (select id as k, max(city) as city from sales.people group by id) using (k)
select amount, n from sales.orders o left join (select order_id as k, count(*) as n from sales.items group by order_id) i on o.id = i.k or true
select amount, n from sales.orders o left join (select upper(note) as note, count(*) as n from sales.items group by items.note, order_id) i on o.status = i.note
select o.amount, n from sales.orders o left join (select order_id as k, unnest([1, 2]) as n from sales.items group by order_id) i on o.id = i.k
select o.amount, n from sales.orders o left join (select order_id, count(*) as n from sales.items group by all) i on o.id = i.order_id
select max(o.amount) as m from sales.orders o left join (select order_id as k from sales.items group by order_id) i on i.k = i.k
select sum(amount) as s from sales.orders where id not in (select order_id from sales.items where order_id is not null)
select status.lower().replace('o', id::varchar) as s from sales.orders
select amount.greatest(id) as g from sales.orders
select sales.orders.status as s, people.city.lower() as c from sales.orders join sales.people on orders.id = people.id
select total: amount + 1, status from sales.orders
select lag(amount, 1, id) over (partition by status order by "Currency", id) as l from sales.orders
select ntile(2) over (order by amount, id) as n, percent_rank() over (partition by status order by amount) as p from sales.orders
select sum(amount) over (order by id rows between 1 preceding and current row) as s from sales.orders where id < 4
select md5(status) as m, hash(status, id) as h, concat_ws('-', status, amount) as c, format('{} {}', id, status) as f from sales.orders
select json_extract_string(to_json(home), '$.street') as s, to_json(home) ->> 'number' as n from sales.people
select map([id], [city]) as m, map {'k': city} as m2 from sales.people
select list_value(id, amount) as l, list_contains(tags, id) as c from sales.orders
select date_trunc('month', date '2020-01-01' + to_days(amount)) as d, extract(day from date '2020-01-01' + to_days(id)) as e from sales.orders
select quantile_cont(amount, 0.5) as q, median(id) as m, mode(status) as o from sales.orders
select histogram(status) as h, approx_count_distinct(id) as a from sales.orders
select if(amount > 8, status, 'x') as s, nullif(status, 'open') as n, ifnull(status, "Currency") as i from sales.orders
select not (status = 'open') as n, -amount as m, ~amount as b, amount % 3 as r, amount ** 2 as p, amount // 2 as q from sales.orders
select regexp_replace(status, 'o', "Currency") as r, regexp_matches(status, 'o') as m, status[1] as f, status ~ 'o.*' as t from sales.orders
select struct_extract(home, 'street') as s, struct_insert(home, z := city) as t from sales.people
select * from (from sales.orders where amount > 8) where id > 1
select c.* from (select * exclude (tags) from sales.orders) as c where c.status <> 'sent'
with a as (select * from sales.orders), b as (select a.*, city from a left join sales.people as p on p.id = a.id) select id, city from b where city is not null
with a as (with b as (select id from sales.orders) select * from b) select * from a
with a as (select 1 as id), b as (with a as (select amount as id from sales.orders) select id from a) select a.id as one, b.id as other from a, b
select a.id from sales.orders a, sales.orders b where a.id = b.amount - 6
select (select max(price) from sales.items) - amount as d from sales.orders
select (select id) as i from sales.orders
select (select status from sales.people limit 1) as s from sales.orders
select array(select price from sales.items order by note, price) as a
select list(distinct status order by status) as l from sales.orders
select id, amount from sales.orders where (id, status) in (select order_id, 'open' from sales.items)
select row_number() over () as n from (select * from sales.orders order by amount, id)
select array_agg(amount) filter (id > 1) as a from sales.orders
select sum(case when status = 'open' then 1 else 0 end) / count(*) as share from sales.orders
select o.id, p.city, note from sales.items i join (sales.orders o join sales.people p on o.id = p.id) on i.order_id = o.id
select o.id, p.city from (sales.orders o left join sales.people p on o.id = p.id) as x(a, b, c, d, e, f, g, h) join sales.orders o on o.id = x.a join sales.people p on p.id = a
select #1 from (select amount, id from sales.orders)
select #1, #2 from sales.orders
select #3 as x from sales.orders
select id, amount from sales.orders order by #2 limit 2
select upper(status), amount + 1, count(*) over () from sales.orders
select "upper(status)" as u from (select upper(status) from sales.orders)
select "count_star()" as n from (select count(*) from sales.orders where amount > 8)
select "(amount + 1)" as n from (select amount + 1 from sales.orders)
select amount::varchar from sales.orders
select "CAST(amount AS VARCHAR)" as a from (select amount::varchar from sales.orders)
select sum(amount), count(distinct status), max(id) from sales.orders
select case when amount > 8 then status end from sales.orders
select 1, 'x', null, true from sales.orders
select -amount, not (id = 1), amount is null, status like 'o%' from sales.orders
select [id, amount], {'a': id} from sales.orders
select (select max(price) from sales.items) from sales.orders
select amount between 1 and 8, id in (1, 2) from sales.orders
select home.street, home.number from sales.people
select (home).street from sales.people
select home['street'] from sales.people
select tags[1], tags[1:2] from sales.orders
select city.trim() from sales.people
select lag(amount) over (order by id) from sales.orders
select date '2020-01-01' + to_days(id) from sales.people
select extract(year from date '2020-01-01' + to_days(id)) from sales.people
select list_transform(tags, lambda x: x + 1) from sales.orders
select [x + 1 for x in tags] from sales.orders
select unnest(tags) from sales.orders
select exists (from sales.items where order_id = id) from sales.orders
select coalesce(status, 'x'), nullif(status, 'open'), if(id > 1, status, 'b') from sales.orders
select substring(status, 1, 2), position('o' in status), trim(both ' ' from status) from sales.orders
select sum(amount) filter (where id > 1) from sales.orders
select status || 'x' from sales.orders
select id % 2, id ** 2, id // 2, id / 2 from sales.orders
select cast(id as decimal(10, 2)), try_cast(status as integer) from sales.orders
select len(tags), length(status) from sales.orders
select list(id order by amount) from sales.orders
select string_agg(status, ',') from sales.orders
select count() from sales.orders
select count(*) from sales.orders where status = 'open'
select sales.orders.id from sales.orders
select o.id, o.status from sales.orders o
select ID, Status from sales.orders
select "Currency" from sales.orders
select currency from sales.orders
select id, id from sales.orders
select id, id as id from sales.orders
select status, upper(status), upper(status) from sales.orders
select * from sales.orders o join sales.people p on o.id = p.id
select o.id, p.id from sales.orders o join sales.people p on o.id = p.id
select * from (select o.id, p.id from sales.orders o join sales.people p on o.id = p.id)
select id_1 from (select o.amount as id, p.id from sales.orders o join sales.people p on o.id = p.id)
select "id_1" from (select 1 as id, amount as id_1, id as id from sales.orders)
select x.* from (select id, amount as id, status as "id_1" from sales.orders) x
values (1, 2), (3, 4)
select col0, col1 from (values (1, 2))
select * from (values (1, 'a'), (2, 'b')) t
select a from (values (1), (2)) v(a) where a in (select id from sales.people)
from range(3)
select range from range(3)
select * from range(5) t
select generate_series from generate_series(1, 3)
select * from unnest([1, 2, 3])
select unnest from unnest([1, 2, 3])
select * from unnest([{'a': 1, 'b': 2}])
select id, t.* from sales.orders, unnest(tags) t
select id, unnest from sales.orders, unnest(tags)
select id, x from sales.orders, unnest(tags) with ordinality as t(x, i)
select * from sales.orders, lateral unnest(tags) as t(u)
select #4 from sales.orders join sales.people using (id)
select #6 from sales.orders join sales.people using (id)
select #2 as x from sales.orders semi join sales.people using (id)
select #2, sum(amount) as s from sales.orders group by #2
select id from sales.orders where #3 > 8
select sum(#3) over (order by #1) as s from sales.orders
select distinct on (#1) status, amount from sales.orders order by #1, #2
select distinct on (1) status, amount from sales.orders order by 1, 2
select distinct on (2) status, amount from sales.orders order by 2, 1
select * exclude (tags), #4 as t from sales.orders
select #1 as a, #7 as b from sales.orders o, sales.people p where o.id = p.id
select #2 from (select columns('id|status') from sales.orders)
select #1 from range(3), sales.orders
select #2 from unnest([1, 2]) as t(a), sales.people
select #1 from (select upper(status), id from sales.orders)
select "upper(status)" as u from (select * exclude ("lower(status)") from (select lower(status), upper(status) from sales.orders))
select * exclude ("count_star()") from (select status, count(*), max(id) from sales.orders group by status)
select * rename ("count_star()" as n) from (select status, count(*) from sales.orders group by status)
select n from (select * rename ("sum(amount)" as n) from (select status, sum(amount), count(*) from sales.orders group by status))
select "sum(amount)" as a, "max(id)" as b from (select sum(amount), max(id) from sales.orders)
select columns('sum') from (select sum(amount), max(id) from sales.orders)
select columns('max.*') from (select sum(amount), max(id), id as maxi from sales.orders group by id)
from (select status, count(*) from sales.orders group by status) select *
select "upper(status)" from (select upper(status), lower(status) from sales.orders) union all by name select "upper(status)" from (select upper(note), upper(note) as "upper(status)" from sales.items)
select upper(status), id from sales.orders union all by name select upper(status), amount as id from sales.orders
select count(*), status from sales.orders group by status union all by name select note as status, count(*) from sales.items group by note
pivot (select status, count(*) from sales.orders group by status) on status using first("count_star()")
unpivot (select status, count(*), max(amount) from sales.orders group by status) on "count_star()", "max(amount)" into name n value v
select "1" as a from (select 1, id from sales.orders)
select "NULL" as a, "'x'" as b from (select null, 'x', id from sales.orders)
select o."(amount + 1)" as x, "(id + 1)" as y from (select amount + 1, id + 1 from sales.orders) o
select (select max("(price + 1)") from (select price + 1, order_id from sales.items) i where i.order_id = o.id) as m from sales.orders o
select (select amount from (select upper(note) from sales.items) limit 1) as m from sales.orders o
select t."amount" from (select amount::varchar, id as amount from sales.orders) t
select x.a from (select status || 'x', id from sales.orders) x(a, b)
with q(a) as (select max(amount) from sales.orders) select a from q
with q as (select max(amount) from sales.orders) select "max(amount)" as m from q
with q as (select max(amount) from sales.orders) select * from q
with q as (select cast(status as varchar), id from sales.orders) select "CAST(status AS VARCHAR)" as s from q
select t.status from (select status::varchar, upper(status) as status from sales.orders) t
select o.amount, n from sales.orders o left join (select upper(note), order_id as k, count(*) as n from sales.items group by 1, 2) i on o.id = i.k
select amount, n from sales.orders o left join (select order_id::bigint, price as order_id, count(*) as n from sales.items group by 1, 2) i on o.id = i.order_id
select case when id > 1 then 'x' end, status from sales.orders
select "case" from (select case when id > 1 then 'x' end as "case", status from sales.orders)
select columns('(i)d') as "\1x" from sales.orders
select columns('(\w+)_id') as "\1" from sales.items
select columns('i|a') as x from sales.orders
select columns(['id', 'status']) from sales.orders
select columns([x for x in (*) if x like 's%']) from sales.orders
select columns(x -> x in ('id', 'amount')) + 1 from sales.orders
select struct_pack(*columns(* exclude (tags))) as s from sales.orders
select concat(*columns('id|status')) as c from sales.orders
select greatest(*columns(x -> x in ('id', 'amount'))) as g from sales.orders
select unnest(home, recursive := true) from sales.people
select unnest(home) as x from sales.people
select unnest([{'a': id, 'b': status}], recursive := true) from sales.orders
select unnest([{'a': id, 'b': status}], max_depth := 2) from sales.orders
select a from (select unnest([{'a': id, 'b': status}], max_depth := 2) from sales.orders)
select street from (select unnest(home) from sales.people)
select id, street from (select id, unnest(home) from sales.people)
select x.street from (select id, unnest(home) from sales.people) x where x.number > 1
select * exclude (number) from (select id, unnest(home) from sales.people)
select home.* rename (street as s) from sales.people
select (select unnest(tags) limit 1) as u from sales.orders
select list_sum(tags) as s, list_aggregate(tags, 'max') as m, array_length(tags) as l from sales.orders
select * from sales.orders o join sales.items i on o.id = i.order_id join sales.people p on p.id = o.id
select * exclude (o.id) from sales.orders o join sales.people p on o.id = p.id
select * replace (o.amount + 1 as amount) from sales.orders o join sales.items i on o.id = i.order_id
select columns(p.* exclude (home)) from sales.orders o join sales.people p on o.id = p.id
select id from sales.orders full join sales.people using (id)
select o.id as a, p.id as b, id as c from sales.orders o full join sales.people p using (id)
select * from sales.people p left join sales.orders o using (id) where o.id is null
select status, city from (select id, status from sales.orders) natural full join (select id, city from sales.people)
select o.id, p.city from sales.orders o cross join sales.people p where o.id < p.id
select o.id, (select count(*) from sales.items i where i.order_id = o.id and i.price > o.amount / 10) as n from sales.orders o
select * from (select id as a from sales.orders) asof left join (select order_id as b, note from sales.items) on a >= b
select amount as id, id as amount from sales.orders where id > 2
select amount as id from sales.orders group by id, amount having id > 1
select id as x, x + amount as y, y * 2 as z from sales.orders
select status as s, count(*) as n from sales.orders group by s having n > 1
select upper(status) as status, count(*) as n from sales.orders group by status
select length(status) as l, sum(amount) as s from sales.orders group by 1 order by 2 desc limit 1
select home.street as home, home.number as n from sales.people
select city as home, home.street as s from sales.people
select orders.* from sales.orders
with orders as (select note as status, price as id from sales.items) select status, id from orders
with o as (from sales.orders), o2 as (from o where amount > 8), o3 as (select status, count(*) as n from o2 group by 1) from o3 join o2 using (status)
with o as not materialized (select * from sales.orders where amount > 6) select count(*) as n from o
with recursive tree as (select id, status, 0 as depth from sales.orders where id = 1 union all select o.id, o.status || t.status, depth + 1 from sales.orders o join tree t on o.id = t.id + 1) select * from tree
with recursive t as (select id as n, amount as m from sales.orders union select m, n from t where n < 3) select n from t
select * from (values ('open', 1), ('paid', 2)) as v(status, rank) join sales.orders using (status)
select * from (select 1 as one, 'x' as two)
select count(*) as n from sales.orders, sales.items
select id from sales.orders where (select max(price) from sales.items where order_id = id) > 4
select id from sales.orders order by (select max(price) from sales.items where order_id = id) limit 1
select id from sales.orders limit 2 offset (select min(id) from sales.people)
select id from sales.orders limit 40%
select list(x) as l from (select id as x from sales.orders order by status, amount)
select array(select status from sales.orders where amount > 8 order by 1) as a
select list(status order by amount desc, id)[1] as s from sales.orders
select first(status) as s from (select status from sales.orders order by id limit 3)
select distinct status from sales.orders where amount > 6
select distinct on (upper(status)) id from sales.orders order by upper(status), id
select id, status from sales.orders union select order_id, note from sales.items
(select id from sales.orders order by amount limit 1) union all (select order_id from sales.items order by price desc limit 1)
select id, status from sales.orders except select order_id, note from sales.items
select status, id from sales.orders union all by name select order_id as id from sales.items union all by name select city as status from sales.people
select * exclude (tags) from sales.orders union all by name (select note as status, price as amount from sales.items order by price limit 1)
select u.a from (select id as a, status as b from sales.orders union all select price as c, note as a from sales.items) u
select id from (select id from sales.orders union all select id from sales.people) t where id in (select order_id from sales.items)
select t.x from sales.people as t(x)
select z.street as s from sales.people as t(x, y, z)
select o.id, o from (select id, status from sales.orders where amount > 8) o
select o['status'] as s from (select id, status from sales.orders) o
select list(o) as l from (select id, status from sales.orders) o
select unnest(list({'i': id, 's': status}), recursive := true) from sales.orders
select l[1].s as s, l[1].i as i from (select list({'i': id, 's': status} order by id) as l from sales.orders)
select list_transform(tags, lambda x, i: x * i + amount) as l from sales.orders
select list_reduce(tags, lambda a, b: a + b, amount) as r from sales.orders
select [[y + id for y in [x, amount]] for x in tags] as l from sales.orders
select list_transform(tags, lambda id: id + amount) as l from sales.orders
select list_contains(tags, 2) as c, tags && [1] as o, 1 in tags as i from sales.orders
select * exclude (o.id) from sales.orders o join sales.people p using (id)
select * exclude (p.id, home) from sales.orders o join sales.people p on o.id = p.id
select * replace (1 as id) from sales.orders o join sales.people p on o.id = p.id
select * rename (o.id as oid) from sales.orders o join sales.people p on o.id = p.id
select * rename (id as oid) from sales.orders o join sales.people p on o.id = p.id
select * replace (upper(city) as city) from sales.people p join sales.orders o using (id)
select * exclude (id) from sales.orders o join sales.people p using (id)
select id from sales.orders using sample 3 rows (reservoir, 1)
select id from sales.orders tablesample reservoir(3 rows) repeatable (1)
select id from sales.orders limit 40 percent
pivot sales.orders on status, "Currency" using sum(amount)
pivot sales.orders on status using sum(amount) as a, max(id) as b group by "Currency"
pivot sales.orders on (status, "Currency") using count(*)
pivot (select status, amount from sales.orders where id > 1) on status using max(amount)
select open, paid from (pivot sales.orders on status using sum(amount) group by id)
select * from sales.orders pivot (sum(amount) as s, count(*) as c for status in ('open' as o, 'paid' as p) group by "Currency")
select * from (select status, amount, id from sales.orders) pivot (max(amount) for status in ('open', 'paid'))
select p.open from (select status, amount, id from sales.orders) pivot (max(amount) for status in ('open', 'paid')) as p where p.id > 1
unpivot (select id, amount, status from sales.orders) on (id, amount) as pair into name k value v, w
select k, v from (unpivot (select id, amount, status from sales.orders) on id as i, amount + 1 as a into name k value v) where status = 'open'
select * from sales.items unpivot ((a, b) for n in ((order_id, price), (price, order_id)))
select v from (select id, amount, status from sales.orders) unpivot (v for k in (id as 'x', amount as 'y')) where k = 'x'
from sales.orders o join sales.people p using (id) select o.status, p.city
select * from sales.orders order by all limit 2
select status, count(*) as n, sum(sum(amount)) over () as t from sales.orders group by status
select status, max(amount) - lag(max(amount)) over (order by status) as d from sales.orders group by status
select sum(case when rn = 1 then amount end) as s from (select *, row_number() over (partition by status order by id) as rn from sales.orders)
select age(date '2020-01-01' + to_days(id)) as a, date '2020-01-01' + interval (amount) day as d from sales.orders
select cast(status as varchar(3)) as s, amount::decimal(10, 2) / 3 as d, id::text || status as t from sales.orders
select bit_count(id) as b, id & amount as a, id | amount as o, xor(id, amount) as x, id << 1 as s from sales.orders
select replace(status, 'o', "Currency") as r, translate(status, 'o', '0') as t, concat(status, id, "Currency") as c, concat_ws(',', status, id) as w from sales.orders
select ascii(status) as a, chr(65 + id) as c, hex(status) as h, to_base64(status::blob) as b, unicode(status) as u from sales.orders
select {'a': amount, 'b': {'c': "Currency"}}.b.c as c, {'a': amount}.a as a from sales.orders
select x.* from (select {'a': amount, 'b': "Currency"} as x from sales.orders)
select a, upper(b) as u from (select unnest({'a': amount, 'b': "Currency"}) from sales.orders)
select home.* from sales.people where home.number > 1
select element_at(map([city], [id]), 'Oslo') as e, map_values(map([city], [id])) as v from sales.people
select json_group_array(status) as g, json_group_object(status, id) as o from sales.orders
select j.a as a from (select json_object('a', id) as j from sales.orders)
select random() < 2 as r, id from sales.orders
select arg_min(status, amount) as a, arg_max(status, amount) filter (where id > 1) as b from sales.orders
select count(distinct (status, "Currency")) as c, count(distinct status || "Currency") as d from sales.orders
select first(distinct status order by status) as f from sales.orders
select fill(amount) over (order by id) as f from (select id, case when id <> 2 then amount end as amount from sales.orders)
select sum(amount order by id) as s, list(amount order by status, id)[1:2] as l from sales.orders
select lag(status, 1, 'none') over (partition by "Currency" order by id) is distinct from status as changed from sales.orders
select id from sales.orders qualify sum(amount) over (partition by status) > 20 and id > 1
with source as (select * from sales.orders), renamed as (select id as order_id, "Currency" as currency_code, amount as subtotal_cents, (amount / 100)::numeric(16, 2) as subtotal, date_trunc('day', date '2020-01-01' + to_days(id)) as ordered_at from source) select * from renamed
with orders as (select id as order_id, id % 3 as customer_id, amount from sales.orders), customer_orders as (select customer_id, min(order_id) as first_order, max(order_id) as most_recent_order, count(order_id) as number_of_orders from orders group by customer_id), payments as (select order_id, sum(price) as total from sales.items group by order_id), customer_payments as (select orders.customer_id, sum(payments.total) as total_amount from payments left join orders on payments.order_id = orders.order_id group by orders.customer_id) select customers.id as customer_id, customers.city, customer_orders.first_order, customer_orders.number_of_orders, customer_payments.total_amount as customer_lifetime_value from sales.people as customers left join customer_orders on customers.id = customer_orders.customer_id left join customer_payments on customers.id = customer_payments.customer_id
with items as (select * from sales.items), totals as (select order_id, sum(case when note = 'gift' then price else 0 end) as gift_amount, sum(case when note = 'plain' then price else 0 end) as plain_amount, sum(price) as total_amount from items group by 1) select orders.id, orders.status, totals.gift_amount, totals.plain_amount, totals.total_amount as amount from sales.orders left join totals on orders.id = totals.order_id
select md5(cast(coalesce(cast(id as text), '_dbt_utils_surrogate_key_null_') || '-' || coalesce(cast(status as text), '_dbt_utils_surrogate_key_null_') as text)) as order_key, amount from sales.orders
with o as (select cast(id as integer) as id, cast(status as varchar) as label, cast(null as integer) as price, cast('orders' as varchar) as _source from sales.orders), i as (select cast(order_id as integer) as id, cast(note as varchar) as label, cast(price as integer) as price, cast('items' as varchar) as _source from sales.items) (select * from o) union all (select * from i)
with rawdata as (with p as (select 0 as generated_number union all select 1), unioned as (select p0.generated_number * 1 + p1.generated_number * 2 + 1 as generated_number from p as p0 cross join p as p1) select * from unioned where generated_number <= 4 order by generated_number), all_periods as (select (date '2020-01-01' + to_days((row_number() over (order by generated_number) - 1)::int)) as date_day from rawdata), daily as (select date '2020-01-01' + to_days(id) as date_day, sum(amount) as revenue from sales.orders group by 1) select a.date_day, coalesce(d.revenue, 0) as revenue, sum(coalesce(d.revenue, 0)) over (order by a.date_day) as running from all_periods a left join daily d using (date_day)
with ranked as (select *, row_number() over (partition by status order by amount desc, id) as rn from sales.orders), latest as (select * exclude (rn) from ranked where rn = 1) select latest.status, latest.id, prev.amount as previous from latest left join ranked prev on prev.status = latest.status and prev.rn = 2
with joined as (select o.id, o.status, i.price, i.note from sales.orders o left join sales.items i on i.order_id = o.id), flags as (select id, status, bool_or(note = 'gift') as has_gift, count(price) filter (where price > 4) as pricey, coalesce(sum(price), 0) as spent from joined group by id, status) select *, case when has_gift and spent > 5 then 'loyal' when pricey > 0 then 'big' else 'other' end as segment from flags
with a as (select id, status from sales.orders), b as (select id, city from sales.people), full_outer as (select coalesce(a.id, b.id) as id, a.status, b.city from a full outer join b on a.id = b.id) select id, status, trim(city) as city from full_outer where status is not null or city is not null
with snap as (select id, status, amount as valid_from, lead(amount) over (partition by status order by amount) as valid_to from sales.orders) select i.note, s.status from sales.items i join snap s on i.price >= s.valid_from and (i.price < s.valid_to or s.valid_to is null)
with cohort as (select status, min(id) as first_id from sales.orders group by 1), activity as (select o.status, o.id - c.first_id as period from sales.orders o join cohort c using (status)) select status, period, count(*) as n, count(*) * 1.0 / first_value(count(*)) over (partition by status order by period) as retention from activity group by 1, 2
with recursive parents as (select id, id - 1 as parent_id, city as path from sales.people where id = 1 union all select c.id, c.id - 1, p.path || '/' || c.city from sales.people c join parents p on c.id - 1 = p.id) select id, parent_id, path, len(string_split(path, '/')) as depth from parents
with base as (select id, tags from sales.orders), exploded as (select id, unnest(tags) as tag from base), counts as (select tag, count(distinct id) as orders, list(id order by id) as ids from exploded group by tag) select tag, orders, ids[1] as first_id from counts where orders > 1
with exploded as (select id, unnest(tags) as tag from sales.orders) select id, tag from exploded union all select order_id, price from sales.items
with kv as (select id, unnest(['status', 'cur']) as k, unnest([status, "Currency"]) as v from sales.orders) select id, max(v) filter (where k = 'status') as status, max(v) filter (where k = 'cur') as cur from kv group by id
with kv as (select id, unnest(map_entries(map {'s': status, 'c': "Currency"}), recursive := true) from sales.orders) select id, key, value from kv where key = 's'
with kv as (select id, unnest([{'k': 's', 'v': status}, {'k': 'c', 'v': "Currency"}]) as e from sales.orders) select id, e.k, e.v from kv
with p as (select id, home from sales.people), q as (select id, p.home as h from p) select id, h.street, q.h.number as n from q
with p as (select * from sales.people), q as (select p from p) select p.city, (p).home.street as s from q
with p as (select struct_pack(id, city) as s from sales.people) select s.id as i, s.city as c from p
with x as (select id, {'a': {'b': [amount, id]}} as s from sales.orders) select id, s.a.b[1] as b, s['a']['b'][2] as c from x
with x as (select id, list({'n': note, 'p': price} order by price) as l from sales.orders left join sales.items on id = order_id group by id) select id, list_transform(l, lambda e: e.p) as prices, list_filter(l, lambda e: e.n = 'gift')[1].p as gift, l[-1].n as last_note from x
with x as (select status, histogram("Currency") as h from sales.orders group by 1) select status, h['BRL'] as brl, map_keys(h) as ks from x
with x as (select to_json(home) as j, id from sales.people) select id, j ->> 'street' as s, (j -> 'number')::int + id as n, json_type(j) as t from x
with t as (select status, amount from sales.orders order by amount desc limit 2), s as (select status from t) select o.status, o.amount, o.status in (from s) as top from sales.orders o
with t as (select avg(amount) as m from sales.orders) select o.id, o.amount > t.m as above from sales.orders o, t
with t as (select avg(amount) as m from sales.orders) select o.id, o.amount > (from t) as above from sales.orders o
with params as (select 8 as threshold, 'open' as wanted) select id from sales.orders cross join params where amount > threshold and status = wanted
with bounds as (select min(amount) as lo, max(amount) as hi from sales.orders), buckets as (select range as b from range(3)) select b, count(o.id) as n from buckets cross join bounds left join sales.orders o on o.amount >= lo + b * (hi - lo) / 3 and o.amount < lo + (b + 1) * (hi - lo) / 3 group by b
with a as (select id, status, 'new' as src from sales.orders where amount > 8), b as (select id, status, 'old' as src from sales.orders where amount <= 8) select * from a union all select * from b where id not in (select id from a)
with a as (select id, amount from sales.orders), b as (select id + 1 as id, amount as amount from sales.orders) select a.id, a.amount - coalesce(b.amount, 0) as delta from a left join b using (id)
with a as (select id, amount from sales.orders) select x.id, y.id as other, x.amount - y.amount as diff from a x join a y on x.id < y.id
with a as (select id, max(amount) over (partition by status) as m, amount from sales.orders) select id from a where amount = m
with changes as (select id, columns('amount|status') from sales.orders) select * from changes
with w as (select *, avg(amount) over win as a7, count(*) over win as n7 from sales.orders window win as (partition by status order by id rows between 2 preceding and current row)) select id, a7 / n7 as r from w
with m as (select status, sum(amount) as v from sales.orders group by status), t as (select sum(v) as total from m) select m.status, round(100.0 * m.v / t.total, 2) as pct, sum(m.v) over (order by m.v desc rows unbounded preceding) / t.total as cumulative from m cross join t
with funnel as (select max(case when status = 'open' then id end) as opened, max(case when status = 'paid' then id end) as paid, max(case when status = 'sent' then id end) as sent from sales.orders group by "Currency") select count(opened) as o, count(paid) as p, count(sent) as s from funnel
with rfm as (select id % 3 as c, max(id) as recency, count(*) as frequency, sum(amount) as monetary from sales.orders group by 1), scored as (select *, ntile(2) over (order by recency) as r, ntile(2) over (order by frequency) as f, ntile(2) over (order by monetary) as m from rfm) select c, r || f::varchar || m::varchar as cell, case when r + f + m > 4 then 'best' else 'rest' end as segment from scored
with basket as (select order_id, note from sales.items group by all) select a.note as left_note, b.note as right_note, count(*) as together from basket a join basket b on a.order_id = b.order_id and a.note < b.note group by all order by together desc, left_note
with inv as (select order_id, sum(price) as price from sales.items group by order_id), final as (select o.* replace (o.amount - coalesce(inv.price, 0) as amount), inv.price is null as missing from sales.orders o left join inv on inv.order_id = o.id) select id, amount, missing, "Currency" from final
with final as (select o.*, p.* exclude (id, home), p.home.street as street from sales.orders o left join sales.people p on p.id = o.id) select * exclude (tags) from final
with u as (select id, status as s from sales.orders union all by name select id, city as c from sales.people) select id, coalesce(s, c) as label from u
with long as (unpivot (select id, amount, len(tags) as tag_count from sales.orders) on amount, tag_count into name metric value val) select metric, sum(val) as total, max(id) as last_id from long group by metric
with wide as (pivot sales.items on note using sum(price) as total group by order_id) select o.status, w.gift_total, w.plain_total from sales.orders o left join wide w on w.order_id = o.id
with wide as (from (select order_id, note, price from sales.items) pivot (sum(price) for note in ('gift', 'plain') group by order_id)) select order_id, coalesce(gift, 0) + coalesce(plain, 0) as total from wide
select o.id, (select string_agg(i.note, ',' order by i.price) from sales.items i where i.order_id = o.id) as notes, (select p.home.street from sales.people p where p.id = o.id) as street from sales.orders o
select o.id, case when exists (from sales.items i where i.order_id = o.id and i.price > o.amount * 0.3) then 'y' else 'n' end as pricey from sales.orders o
select status, amount, amount > avg(amount) over (partition by status) as above, amount - first(amount) over (partition by status order by id) as since_first from sales.orders
select status, count(*) as n from (select distinct status, "Currency" from sales.orders) group by status
select status, sum(cnt) as s from (select status, "Currency", count(*) as cnt from sales.orders group by all) group by status
select max(s) as m from (select sum(amount) as s from sales.orders group by status)
select status from (select status, dense_rank() over (order by total desc) as r from (select status, sum(amount) as total from sales.orders group by status)) where r = 1
select t.status, t.n from (select status, count(*) as n from sales.orders group by status having count(*) > 1) t order by t.n
select o1.id, (select count(*) from sales.orders o2 where o2.status = o1.status and o2.amount > o1.amount) + 1 as pos from sales.orders o1
select p.city, o.latest from sales.people p left join (select id, max(amount) as latest from sales.orders group by id) o using (id)
select p.city, o.latest from sales.people p left join (select id, max(amount) as latest, status from sales.orders group by id, status) o using (id)
select p.city, o.latest from sales.people p left join (select distinct id, amount as latest from sales.orders) o using (id)
select p.city, o.id is not null as buys from sales.people p left join (select distinct id from sales.orders) o on o.id = p.id
select p.city, o.n from sales.people p left join (select id as k, id + 1 as id, count(*) as n from sales.orders group by k, 2) o on o.id = p.id
select p.city from sales.people p left join (select id, count(*) as n from sales.orders group by id) o on o.id = p.id and o.n > 1
select p.city, i.m from sales.people p left join (select order_id, max(price) as m from sales.items group by order_id) i on p.id = i.order_id and i.m > 5
select p.city, i.m from sales.people p left join (select order_id, max(price) as m from sales.items group by order_id) i on i.order_id = i.m
select p.city, i.m from sales.people p left join (select max(price) as m, count(*) as order_id from sales.items) i on p.id = i.order_id
select p.city, i.m from sales.people p left join (select order_id, max(price) as m from sales.items group by rollup (order_id)) i on p.id = i.order_id
select count(*) as n from sales.people p left join (select order_id, max(price) as m from sales.items group by order_id) i on p.id = i.order_id
select count(*) as n from sales.people p left join sales.items i on p.id = i.order_id
select city, row_number() over (order by city) as r from sales.people p left join sales.items i on p.id = i.order_id
select list_transform(list("id"), lambda x: x) as l from (select o.id, i.price from sales.orders o asof left join sales.items i on o.amount >= i.price)
select list(n) as l from (select ntile(2) over (order by amount, id) as n, percent_rank() over (partition by status order by amount) as p from sales.orders)
select first(n) as l from (select sum(id) over w as n from sales.orders window w as (partition by status order by amount))
select n from (select sum(id) over w as n from sales.orders window w as (partition by status order by amount)) limit 2
select * ilike 'A%' from sales.orders
select o.* like 'a%' from sales.orders o join sales.people p using (id)
select o.* ilike 'A%' from sales.orders o join sales.people p using (id)
unpivot sales.items on * exclude (note) into name what value amount
unpivot sales.items on columns('price|order') into name what value amount
select * glob 'a*' from sales.orders
select * similar to 'a.*' from sales.orders
select columns(* exclude (tags) replace (upper(status) as status)) from sales.orders
select coalesce(payload -> 'c', '') as x from sales.events
select concat(payload -> 'c', unit) as x, id from sales.events
select max(payload -> 'c') as x from sales.events
select json_array_length(payload -> 'l') as x, payload.json_array_length() as y from sales.events
select coalesce(payload -> 'c' -> 'd', payload -> unit) as x from sales.events
select coalesce(payload ->> 'c', '') as x, coalesce(e.payload -> 'c', '') as y from sales.events e
select list_transform([1], lambda x: coalesce(payload -> 'c', x::json)) as x from sales.events
select list_transform([payload], lambda payload: payload -> 'c') as x, list_transform([payload], lambda y: y -> 'c')  as y from sales.events
select list_reduce(["list"[1], id], (a, b) -> a + b, json_array_length(payload -> 'l')) as x from sales.events
select list_filter([1, 2], x -> x > json_array_length(payload -> 'l')) as x, "list".list_transform(x -> x + id) as y from sales.events
select hash(payload -> 'c') as h, [payload -> 'c'] as l, {'a': payload -> 'c'} as s, (payload -> 'c', 1) as t from sales.events
select list(payload -> 'c') over (order by id) as l, first(payload -> 'c') over (order by id) as f from sales.events
select [x -> 'c' for x in [payload]] as l, [coalesce(payload -> 'c', y::json) for y in [1]] as m from sales.events
select columns(payload -> payload = 'id') from sales.events
select list_transform(tags, lambda orders: orders + orders.id) as l from sales.orders
select list_transform(tags, lambda o: o + o.amount) as l from sales.orders o
select list_transform([home], lambda p: p.number) as l from sales.people
select list_filter(tags, lambda x, i: i > id) as l, [x + i for x, i in tags] as c from sales.orders
select map_keys(map {status: 1})[1] as s, id from sales.orders
select map {status: amount, upper("Currency"): id} as m from sales.orders
select map([status, "Currency"], [1, id]) as m, map_keys(map([status], [1])) as k from sales.orders
select map_from_entries([{'k': status, 'v': id}]) as m, map_entries(map {id: status}) as e from sales.orders
select {'k': status || id, "a b": amount + 1} as s, {k: id} as t from sales.orders
select struct_pack(a := id + amount, b := status) as s, row(id, status) as r from sales.orders
select list_transform(tags, lambda k: map {k: id}) as m, list_transform(tags, lambda k: map {amount: k}) as n from sales.orders
select union_value(k := status) as u, struct_insert(home, z := id) as s from sales.orders join sales.people using (id)
select json_object(status, id) as a, json_object('x', amount) as b, json_array(id, status) as c from sales.orders
select date_trunc(unit, since) as x from sales.events
select datetrunc(unit, since) as x, date_trunc("unit", since) as y, date_trunc('month', since) as z from sales.events
select date_diff(unit, since, until) as x, datediff(unit, since, until) as y, date_diff('day', since, until) as z from sales.events
select date_sub(unit, since, until) as x, datesub(unit, since, until) as y from sales.events
select date_part(unit, since) as x, datepart(unit, since) as y, unit.date_part(since) as z from sales.events
select unit.date_trunc(since) as x, date_trunc(lower(unit), since) as y, date_trunc(e.unit, since) as z from sales.events e
select time_bucket(interval 7 day, since, until) as x, time_bucket(to_days(id), since) as y from sales.events
select extract(day from since) as x, since + interval (id) day as y, last_day(since) as l from sales.events
select date_add(since, to_days(id)) as x, age(since, until) as y, since::date - until::date as z from sales.events
select sum(id) as s from sales.events group by date_trunc(unit, since)
select id from sales.events where date_diff(unit, since, until) > 1
select row_number() over (partition by date_trunc(unit, since) order by id) as r from sales.events
select current_date as x, coalesce(current_date, 'x') as y, id from sales.events
select id from sales.events where current_date = 'a'
select "current_date" as x, e.current_date as y from sales.events e
select current_timestamp is null as x, interval '1 day 2 hours' as y, id from sales.orders
select interval + 1 as x from (select id as interval from sales.orders)
select x.localtime as a, localtime as b, session_user as c from (select id as localtime, status as session_user from sales.orders) as x
select max(id) as amount, status from sales.orders group by status having amount > 2
select max(id) as amount, status from sales.orders group by status having amount + 0 > 2
select sum(amount) as id, status from sales.orders group by status having max(id) > 2
select max(id) as amount, status from sales.orders group by status, amount having amount > 8
select status, sum(id) as amount from sales.orders group by all having amount > 3
select status, -id as amount from sales.orders qualify row_number() over (order by amount, status) < 3 and amount < 0
select status, -id as n, amount from sales.orders qualify row_number() over (order by n, status) < 3
select -id as amount, status from sales.orders where amount > 8
select amount + 1 as amount, status from sales.orders where status = 'open' group by amount, status
select amount as id, status from sales.orders order by id + 0 limit 2
select amount as id, status from sales.orders order by -id limit 2
select amount as id, status from sales.orders order by (id) limit 2
select amount as id, status from sales.orders order by ((id)) desc, -amount limit 2
select amount as id, status from sales.orders order by orders.id, status limit 1
select amount as id, status from sales.orders order by abs(id), status limit 1
select amount as id, status from sales.orders order by (select id), status limit 1
select amount as id, status from sales.orders order by case when id > 2 then 0 else 1 end, status limit 1
select amount as id, status from sales.orders order by id is null, id::integer, status limit 1
select upper("Currency") as status, id from sales.orders order by status collate nocase, id limit 2
select distinct on (id + 0) amount as id, status from sales.orders order by id + 0
select distinct on (id) id % 2 as id, amount from sales.orders
select distinct on ((id), status) amount as id, status from sales.orders order by id, status limit 2
select distinct on (id::integer) amount as id, status from sales.orders order by id limit 2
select id as amount, status from sales.orders order by sum(amount) over (partition by status), status, amount limit 1
select status, sum(id) as amount from sales.orders group by status order by sum(amount) limit 1
select status, sum(id) as amount from sales.orders group by status order by amount, status limit 1
select id as x, amount as x, status from sales.orders order by x limit 1
select id as x, amount as x, x + 1 as y from sales.orders
select id from sales.people order by home.number desc limit 1
select o.amount, a.price as amount from sales.orders o join sales.items a on a.order_id = o.id order by amount, price limit 2
select a.v + b.w as s from (select amount as v from sales.orders order by id) a positional join (select price as w from sales.items) b
select a.v + b.w as s from (select amount as v from sales.orders) a positional join (select price as w from sales.items order by note, order_id) b
select v, w from (select amount as v from sales.orders order by status, id) positional join (select price as w from sales.items order by note)
select a.v + c.id as s from (select amount as v from sales.orders order by id desc) a positional join sales.items b positional join sales.people c
select count(*) as n from (select amount as v from sales.orders order by id) a positional join (select price as w from sales.items) b where a.v > b.w
select first(v) as f, any_value(v) as a, last(v) as l from (select amount as v from sales.orders order by status, id)
select list(v) as l, string_agg(v, ',') as s, array_agg(v) as a, json_group_array(v) as j from (select amount as v from sales.orders order by status, id)
select v, row_number() over () as r from (select amount as v from sales.orders order by status, id)
select v from (select amount as v from sales.orders order by status, id) limit 2
select v from (select amount as v from sales.orders order by status, id) offset 2
select v from (select amount as v from sales.orders order by status, id) using sample reservoir(2 rows) repeatable (3)
select distinct on (c) v from (select amount as v, "Currency" as c from sales.orders order by status, id)
select arg_max(v, 1) as a, min_by(v, 1) as b, mode(v) as m from (select amount as v from sales.orders order by status, id)
select v.first() as f, v.list() as l from (select amount as v from sales.orders order by status, id)
select lag(v) over () as a, sum(v) over (rows 1 preceding) as b, ntile(2) over () as n, nth_value(v, 2) over () as m from (select amount as v from sales.orders order by status, id)
select (select v from (select amount as v from sales.orders order by status, id) limit 1) as f, array(select v from (select amount as v from sales.orders order by status, id)) as l from sales.people
pivot (select status, amount as v from sales.orders order by id desc) on status in ('open', 'paid') using first(v)
select list(v) as l from (unpivot (select id, amount from sales.orders order by status, id) on id, amount into name n value v)
with t as (select amount as v from sales.orders order by status, id) select list(v) as l from t
select list(v) as l from (select amount as v from sales.orders order by status, id) a, (select 1)
select list(v) as l from ((select amount as v from sales.orders order by status, id) a cross join (select 1) b)
select first(o.amount) as f, list(o.amount) as l from sales.orders o left join (select order_id as k, count(*) as n from sales.items group by order_id) i on i.k = o.id
select o.id, r.s from sales.orders o left join (select code, sum(price) as s from sales.codes group by code) r on r.code = o.id
select count(*) as n, sum(o.amount) as a from sales.orders o left join (select code, sum(price) as s from sales.codes group by code) r on r.code = o.id
select o.amount from sales.orders o left join (select code, sum(price) as s from sales.codes group by code) r on o.id = r.code
select count(*) as n from sales.orders o left join (select code as id, sum(price) as s from sales.codes group by code) r using (id)
select count(*) as n from sales.orders o left join (select code, sum(price) as s from sales.codes group by code) r on r.code = o.id::integer
select count(*) as n from sales.orders o left join (select code, sum(price) as s from sales.codes group by code) r on r.code = o.id::varchar
select count(*) as n from sales.codes c left join (select id::varchar as id, count(*) as m from sales.orders group by 1) r on r.id = c.code
select count(*) as n from sales.codes c left join (select ratio, count(*) as m from sales.codes group by ratio) r on r.ratio = c.price::decimal(10, 1)
select count(*) as n from sales.codes c left join (select ratio, count(*) as m from sales.codes group by ratio) r on r.ratio = c.price
select count(*) as n from sales.codes c left join (select ratio, count(*) as m from sales.codes group by ratio) r on r.ratio = c.ratio
select count(*) as n from sales.codes c left join (select word, count(*) as m from sales.codes group by word) r on r.word = c.word collate nocase
select count(*) as n from (select word collate nocase as word from sales.codes) c left join (select word, count(*) as m from sales.codes group by word) r on r.word = c.word
select count(*) as n from (select word collate nocase as word from sales.codes) c left join (select word, count(*) as m from sales.codes group by word) r on r.word = c.word::varchar
select count(*) as n from sales.codes c left join (select word, count(*) as m from sales.codes group by word) r on r.word = c.word
select count(*) as n from (select since::date as d from sales.events) e left join (select since, count(*) as m from sales.events group by since) r on r.since = e.d
select count(*) as n from (select since from sales.events) e left join (select since::varchar as since, count(*) as m from sales.events group by 1) r on r.since = e.since
select "list"[1] as x, e.list[1] as y, [e.list[1]] as z, list[1:1] as s from sales.events e
select "array"[1] as x, a.array[1] as y, array[id, 2] as z, array[1, id][2] as w from (select "list" as "array", id from sales.events) a
select greatest(interval[1], 3) as x from (select tags as interval from sales.orders)
select connect_by_root x from (select id as connect_by_root from sales.orders)
select current_date[1] as x from sales.events
(select amount as id, status from sales.orders) order by id, status limit 2
select amount as id from sales.orders union all select price from sales.items order by id limit 2
select status, o.id from sales.orders o left join (select order_id, sum(price) as p from sales.items group by order_id) i on i.order_id = o.id order by o.id limit 3
select list(p) as l from (select * from sales.people order by city) as o asof left join sales.orders as p on o.id >= p.id
select list(c) as l from (select max(city) over (order by id) as c from sales.people)
select (select first(city) from (select city from sales.people order by id desc)) as c from sales.orders
select list(id) as l from (select id from sales.orders union all (select order_id from sales.items order by price))
select id, first(id) over () as f from (select distinct on (status) id, status from sales.orders order by amount)
select list(x) as l from (select unnest(tags) as x from sales.orders order by amount)
with recursive r(n) as (select * from (select id from sales.orders order by amount limit 1) union all select n + 1 from r where n < 4) select list(n) as l from r
select * from (select amount as v from sales.orders order by id) positional join (select price as w from sales.items order by note)
select max(l) as m from (select list(amount) as l from (select * from sales.orders order by id))
select count(*) as n, amount > (select avg(amount) from sales.orders) as big from sales.orders group by all
select count(*) as n, (select count(*) from sales.items i where i.order_id = o.id) as items from sales.orders o group by all
select count(*) as n, case when (select sum(i.price) from sales.items i where i.order_id = o.id) > 8 then 'much' end as kind from sales.orders o group by all
select count(*) as n, id in (select max(order_id) from sales.items) as newest from sales.orders group by all
select count(*) as n, exists(select 1 from sales.items i where i.order_id = o.id group by i.note having count(*) > 1) as twice from sales.orders o group by all
select status, sum(amount) + (select max(id) from sales.orders) as s from sales.orders group by all
select (select list(x.amount order by x.amount) from sales.orders x where x.id = o.id) as l, count(*) as n from sales.orders o group by all
select count(*) as n, (select rank() over (order by i.price) from sales.items i where i.order_id = o.id limit 1) as r from sales.orders o group by all
select count(*) as n, status from sales.orders group by rollup (2)
select count(*) as n, status, id from sales.orders group by cube (2, 3)
select count(*) as n, status, id from sales.orders group by grouping sets ((status, 3), (2))
select count(*) as n, status, id from sales.orders group by status, rollup (3)
select count(*) as n, status from sales.orders group by (2)
select count(*) as n, status, id from sales.orders group by ((2), 3)
select count(*) as n, status, id from sales.orders group by 2, (3)
select count(*) as n, status, id from sales.orders group by grouping sets (((2)), rollup (3, 2))
select count(*) as n, status, id from sales.orders group by row(2, row(3))
select count(*) as n, status from sales.orders group by -(-2)
select count(*) as n, status, id from sales.orders group by rollup ((2, 3))
select sum(amount) as s, columns('^(status|id)$') from sales.orders group by 2, 3
select status, id from sales.orders order by (2) limit 1
select status, id from sales.orders order by (((2))) desc limit 1
select list(s) as l from (select status as s, id from sales.orders order by (2), 1)
select status, id from sales.orders order by -(-2) limit 1
select id, status from sales.orders order by 2 collate nocase, 1 limit 1
select id, status from sales.orders union all select price, note from sales.items order by (2), (1) limit 2
(select id, status from sales.orders) order by (2), (1) limit 2
select distinct on ((2)) id, status from sales.orders order by (2), (1)
select first(id) as f from (from sales.orders order by (3), 1)
select count(*) as n from sales.orders o left join (select id as k, amount as k from sales.orders group by id, amount) g on o.id = g.k
select count(*) as n from sales.orders o left join (select id as k, amount as "K" from sales.orders group by 1, 2) g on o.id = g.k
select count(*) as n from (select id as k from sales.orders) o left join (select id as k, amount as K from sales.orders group by id, amount) g using (k)
with g as (select a.id, b.id from sales.orders a join sales.orders b on a.status = b.status group by a.id, b.id) select count(*) as n from sales.orders o left join g on o.id = g.id
select count(*) as n from sales.orders o left join (select max(id) as k, amount as k from sales.orders group by amount) g on o.id = g.k
select count(*) as n from sales.orders o left join (select order_id as id, max(price) as price from sales.items group by 1) g on o.id = g.id
