{#
    A schema that a model, seed or snapshot names is used as it stands. dbt would put the target's own schema before
    it, and what reads these tables today would not find them.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- else -%}
        {{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
