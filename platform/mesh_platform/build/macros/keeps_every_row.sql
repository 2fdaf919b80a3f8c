{#- A test for port models: the model has as many rows as the relation `of`, so no join has lost or duplicated a row. -#}

{% test keeps_every_row(model, of) %}
select rows_made, rows_expected
from
  (select count(*) as rows_made from {{ model }}),
  (select count(*) as rows_expected from {{ of }})
where rows_made <> rows_expected
{% endtest %}
