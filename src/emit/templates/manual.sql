<< config >>{#
<< notes >>
When the query below is right, take away this comment and the line that raises the error.

<< original >>
#}
<% if depends %><< depends >>
<% endif %>{% if execute %}{{ exceptions.raise_compiler_error(<< message >>) }}{% endif %}

<< query >>
