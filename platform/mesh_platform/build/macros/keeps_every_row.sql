{#- A test for port models: the model has as many rows as the relation `of`, so no step has lost or duplicated a row.
    Name what was read, a source or a snapshot, and no staging model: it could have lost rows itself. -#}

{% test keeps_every_row(model, of) %}
select rows_made, rows_expected
from
  (select count(*) as rows_made from {{ model }}),
  (select count(*) as rows_expected from {{ of }})
where rows_made <> rows_expected
{% endtest %}
