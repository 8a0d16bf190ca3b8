//! The one place that escapes for dbt's Jinja.
//!
//! In: text of the inputs. Out: the same text for dbt to give back unchanged. Never decides what becomes Jinja.

/// Text as it stands: marks that Jinja would read (`{{`, `{%`, `{#`) are printed by Jinja itself.
///
/// A brace at the end is escaped too, because what follows may open with one.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let mark = ["{{", "{%", "{#"].into_iter().find(|mark| from.starts_with(mark));
        let mark = mark.or((from.len() == 1).then_some("{"));
        if let Some(mark) = mark {
            out.push_str("{{ '");
            out.push_str(mark);
            out.push_str("' }}");
        } else {
            out.push('{');
        }
        rest = from.get(mark.map_or(1, str::len)..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// A Jinja string literal.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('\'');
    out
}

/// A Jinja list of string literals, or the one literal where there is only one.
pub(super) fn one_or_list(texts: &[String]) -> String {
    match texts {
        [one] => literal(one),
        many => format!("[{}]", many.iter().map(|text| literal(text)).collect::<Vec<_>>().join(", ")),
    }
}

/// Text within a Jinja comment, which only `#}` ends.
pub(super) fn comment(text: &str) -> String {
    text.replace("#}", "# }").replace("{#", "{ #")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_escaped() {
        let rows = [
            ("a {{ b }}", "a {{ '{{' }} b }}"),
            ("{% if %}", "{{ '{%' }} if %}"),
            ("'{#'", "'{{ '{#' }}'"),
            ("{{{x", "{{ '{{' }}{x"),
            ("{{%", "{{ '{{' }}%"),
            ("{ a }", "{ a }"),
            ("'{'", "'{'"),
            ("ends in {", "ends in {{ '{' }}"),
            ("}} %} #}", "}} %} #}"),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(escape(text), expected, "{text}");
        }
    }

    #[test]
    fn literals_hold_what_they_are_given() {
        let rows = [("a", "'a'"), ("it's", r"'it\'s'"), (r"a\b", r"'a\\b'"), ("a\nb", r"'a\nb'"), ("}}", "'}}'")];
        for (text, expected) in rows {
            assert_eq!(literal(text), expected, "{text}");
        }
    }

    #[test]
    fn a_comment_does_not_end_early() {
        assert_eq!(comment("a #} b {# c"), "a # } b { # c");
    }
}
