{#
    The value of a variable as an SQL literal: null, or in quotes, and cast where `sql_type` is given.
    `required` is the name of a variable that has no default: running without a value for it is worth a warning.
#}
{% macro sql_value(value, sql_type=none, required=none) -%}
    {%- if value is none -%}
        {%- if required is not none and execute -%}
            {%- do exceptions.warn("The variable " ~ required ~ " has no value: " ~ this ~ " is built with null. Give one with --vars.") -%}
        {%- endif -%}
        {%- set literal = 'null' -%}
    {%- else -%}
        {%- set literal = "'" ~ (value | string | replace("'", "''")) ~ "'" -%}
    {%- endif -%}
    {%- if sql_type is none -%}
        {{ literal }}
    {%- else -%}
        cast({{ literal }} as {{ sql_type }})
    {%- endif -%}
{%- endmacro %}
