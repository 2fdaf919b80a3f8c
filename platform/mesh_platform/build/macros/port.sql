{#- A model becomes the candidate of an output port: Parquet written once, and a view over it for dbt's own tests.
    Nothing here publishes; the platform audits the file against its contract first. -#}

{% materialization port, adapter="duckdb" %}
  {#- Read here and not in a config, so that another folder does not cost dbt its parsed state. -#}
  {%- set home = env_var("MESH_HOME", "../../.mesh") -%}
  {%- set file = home ~ "/candidates/" ~ project_name ~ "/" ~ model.name ~ ".parquet" -%}
  {#- The platform may ask for a part of the rows: the days of a port that grows. DuckDB takes it down to the sources. -#}
  {%- set only = fromjson(env_var("MESH_ONLY", "{}")).get(model.name, "true") -%}
  {%- set relation = this.incorporate(type="view") -%}

  {{ run_hooks(pre_hooks) }}
  {% call statement("main") -%}
    copy (
      select * from (
      {{ compiled_code }}
      ) where {{ only }}
    ) to '{{ file | replace("'", "''") }}' (format parquet, compression zstd, compression_level 1)
  {%- endcall %}
  {% call statement("view") -%}
    create or replace view {{ relation }} as select * from read_parquet('{{ file | replace("'", "''") }}')
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {#- Without the commit the tests, on connections of their own, would not see the view. -#}
  {% do adapter.commit() %}

  {{ return({"relations": [relation]}) }}
{% endmaterialization %}
