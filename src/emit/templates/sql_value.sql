{#
    The value of a variable as an SQL literal: null, or in quotes, and cast where `sql_type` is given.
    Where it stands `within` a string of the query, it is the value's text alone.
    Without a value, `otherwise` is the expression that stands for it.
    `required` is the name of a variable that has no default: running without a value for it is worth a warning.
#}
{% macro sql_value(value, sql_type=none, required=none, within=false, otherwise=none) -%}
    {%- if value is none and otherwise is not none -%}
        {%- set literal = '(' ~ otherwise ~ ')' -%}
    {%- elif value is none -%}
        {%- if required is not none and execute -%}
            {%- do exceptions.warn("The variable " ~ required ~ " has no value: " ~ this ~ " is built with null. Give one with --vars.") -%}
        {%- endif -%}
        {%- set literal = '' if within else 'null' -%}
    {%- elif within -%}
        {%- set literal = value | string | replace("'", "''") -%}
    {%- else -%}
        {%- set literal = "'" ~ (value | string | replace("'", "''")) ~ "'" -%}
    {%- endif -%}
    {%- if sql_type is none -%}
        {{ literal }}
    {%- else -%}
        cast({{ literal }} as {{ sql_type }})
    {%- endif -%}
{%- endmacro %}
