{#- A test for port models: as many rows as the relation they are made of, so that a join neither lost nor doubled one. -#}

{% test keeps_every_row(model, of) %}
select rows_made, rows_expected
from
  (select count(*) as rows_made from {{ model }}),
  (select count(*) as rows_expected from {{ of }})
where rows_made <> rows_expected
{% endtest %}
