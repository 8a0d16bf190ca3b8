{#
    The names of the columns that a table has, in their order; `otherwise`, the columns that the scripts name, while the
    table is not there yet.
#}
{% macro columns_of(relation, otherwise) -%}
    {%- set found = load_relation(relation) if execute else none -%}
    {%- if found is none -%}
        {{ return(otherwise) }}
    {%- endif -%}
    {%- set names = [] -%}
    {%- for column in adapter.get_columns_in_relation(found) -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
