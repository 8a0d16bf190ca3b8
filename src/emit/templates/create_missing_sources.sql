{#
    The embedded database has none of the tables that the project reads. They are made there, empty, so that the project
    runs before it is connected to anything. On any other database this does nothing.
#}
{% macro create_missing_sources() %}
    {%- set statements = [
<% for statement in statements %>
        << statement >><% if not loop.last %>,<% endif %>

<% endfor %>
    ] -%}
    {%- if execute and target.type == 'duckdb' -%}
        {%- for statement in statements -%}
            {%- do run_query(statement) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
