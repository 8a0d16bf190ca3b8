{#
    A schema that a model, seed or snapshot names is used as it stands. dbt would put the target's own schema before
    it, and what reads these tables today would not find them.
    The variable `schema_prefix` comes before every schema, to build a project beside the tables that it replaces.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set schema = target.schema if custom_schema_name is none else custom_schema_name | trim -%}
    {{ var('schema_prefix', '') }}{{ schema }}
{%- endmacro %}
