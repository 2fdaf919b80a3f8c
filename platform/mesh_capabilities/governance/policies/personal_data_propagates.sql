-- id: personal_data_propagates
-- title: A column is at least as sensitive as its sources.
-- why: Personal data stay personal under another name, in another product and in an earlier major. Only a registered masking step or a signed
--   declassification changes that. A column that only decides which rows are counted does not pass on its classification.
--   Where the SQL cannot be followed, every column of a port counts as derived from everything that the port reads. If the
--   project can write besides the queries of its models, that is everything that its domain reads or publishes, and so it is
--   for a column that is made of a model in Python.
-- severity: error
-- scope: columns where split_part(port, '/', 1) in (select domain from relations_read union select split_part(port, '/', 1) from
--   unfollowed)
-- phase: [ci, publish]
-- fix: Raise the classification in the contract. Or name the masking step that the model applies in the custom property
--   masking. Or have another team sign the custom property declassified, with by, on and why.
-- owner: team:platform
-- effective from: 2026-01-01
-- privacy: true
with newest as (

    select contract from ports where newest

),

judged as (

    select contract from newest union select contract from columns_of_views

),

made as (

    select columns.*, coalesce(classifications.level, 0) as level, coalesce(lowest.level, 0) as lowered
    from columns
    join judged using (contract)
    left join classifications using (classification)
    left join masking_steps on masking_steps.step = columns.masking
    left join classifications as lowest on lowest.classification = masking_steps.lowers_to

),

origins as (

    select port, "column", max_by(classification, level) as classification, max(level) as level
    from columns join classifications using (classification)
    group by port, "column"

),

lost as (

    select columns.contract, columns.port, columns."column", problem, everything
    from unfollowed join columns using (port)

    union all

    select columns.contract, columns.port, columns."column", problem, true
    from unfollowed_columns join columns using (port, "column")
    where everything

),

may_read as (

    select lost.port, inputs_used.input
    from lost join inputs_used
        on inputs_used.port = lost.port
        or (everything and inputs_used.domain = split_part(lost.port, '/', 1))

    union

    select lost.port, inputs_declared.input
    from lost join inputs_declared on everything and inputs_declared.domain = split_part(lost.port, '/', 1)

    union

    select lost.port, beside.port
    from lost join columns as beside
        on everything and split_part(beside.port, '/', 1) = split_part(lost.port, '/', 1) and beside.port <> lost.port

),

derived as (

    select contract, port, "column", from_port, from_column, problem
    from column_lineage join ports using (port) left join unfollowed_columns using (port, "column")
    where ports.newest and kind = 'value'

    union all

    -- Where the SQL cannot be followed, every column may be derived from every column that the port reads.
    select lost.contract, lost.port, lost."column", may_read.input, origins."column", lost.problem
    from lost
    join newest using (contract)
    join may_read using (port)
    join origins on origins.port = may_read.input

    union all

    -- An earlier major is a view over the newest.
    select views.contract, made_of.port, views."column", made_of.port, made_of."column", null
    from columns_of_views as views
    join columns as made_of on made_of.contract = views.newest and made_of."column" = views.from_column

),

-- Materialized, so that DuckDB joins by the keys first, not by the levels.
sources as materialized (

    select derived.*, origins.classification, origins.level
    from derived
    join origins on origins.port = derived.from_port and origins."column" = derived.from_column

)

select
    made.contract || '.' || made."column" as subject,
    'it is ' || coalesce(made.classification, 'not classified')
        || if(sources.problem is null, ', but derived from ', ', but may be derived from ')
        || string_agg(sources.from_port || '.' || sources.from_column || ', which is ' || sources.classification, ', and '
            order by sources.from_port, sources.from_column)
        || coalesce('; its signature declassified ' || unaccepted.problem, '') as message,
    case
        when sources.problem is not null then sources.problem
        when made.masking is not null and made.lowered = 0 then made.masking || ' is not a registered masking step'
        when made.masking is not null then 'masked by ' || made.masking || ', which does not lower it enough'
    end as evidence
from sources
join made on made.contract = sources.contract and made."column" = sources."column"
left join unaccepted_signatures as unaccepted on unaccepted.contract = made.contract and unaccepted."column" = made."column"
where sources.level > made.level
    and made.declassified_by is null
    and not (made.lowered > 0 and made.level >= made.lowered)
group by made.contract, made."column", made.classification, made.masking, made.lowered, sources.problem, unaccepted.problem

union all

-- What no contract describes can be anything.
select made.contract || '.' || made."column",
    'it is derived from ' || string_agg(distinct from_port || '.' || from_column, ' and ' order by from_port || '.' || from_column)
        || ', which is no port of the mesh' || coalesce('; its signature declassified ' || unaccepted.problem, ''),
    null
from derived
join made using (port, "column")
left join unaccepted_signatures as unaccepted on unaccepted.contract = made.contract and unaccepted."column" = made."column"
where from_port not in (select port from ports)
    and not starts_with(from_port, split_part(port, '/', 1) || '/raw_')
    and made.declassified_by is null
group by made.contract, made."column", unaccepted.problem
