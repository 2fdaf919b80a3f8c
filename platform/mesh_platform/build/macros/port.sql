{#- Materialises a model as what becomes the candidate of an output port: a Parquet file, and a view over it for dbt's own
    tests. It does not publish: the platform takes the file over, and audits it against its contract first. -#}

{% materialization port, adapter="duckdb" %}
  {#- Read here and not in a config, so that another folder does not invalidate dbt's parsed state. -#}
  {%- set home = env_var("MESH_HOME", "../../.mesh") -%}
  {%- set file = home ~ "/built/" ~ project_name ~ "/" ~ model.name ~ ".parquet" -%}
  {#- For a partitioned port, the platform may restrict the days. DuckDB pushes the predicate down to the sources. -#}
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
  {#- Tests use their own connections, which see the view only after a commit. -#}
  {% do adapter.commit() %}

  {{ return({"relations": [relation]}) }}
{% endmaterialization %}
