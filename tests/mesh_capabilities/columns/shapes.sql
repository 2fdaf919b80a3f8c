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
