//! The lineage report as one HTML file: no network, opens from disk.
//!
//! In: [`Facts`], and the texts of the models. Out: the file. Everything that stems from an input goes in as JSON in
//! a script element, escaped here, and comes into the page as text only, never as markup.

mod dags;
mod data;
mod folders;
mod graph;
mod models;
mod order;
mod scripts;
#[cfg(test)]
mod tests;

use crate::emit::Files;

use super::Facts;

const SKELETON: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPTS: [&str; 9] = [
    include_str!("page/js/base.js"),
    include_str!("page/js/picture.js"),
    include_str!("page/js/lineage.js"),
    include_str!("page/js/compare.js"),
    include_str!("page/js/order.js"),
    include_str!("page/js/breaks.js"),
    include_str!("page/js/lists.js"),
    include_str!("page/js/dags.js"),
    include_str!("page/js/start.js"),
];

/// The report. `files` are those of the emitted project: the models' texts are taken from there.
pub fn html(facts: &Facts, files: Option<&Files>) -> String {
    let data = serde_json::to_string(&data::page(facts, files)).unwrap_or_default();
    let script = format!("(() => {{\n'use strict';\n{}}})();", SCRIPTS.concat());
    let data = inert(&data);
    let parts = [("/*style*/", STYLE), ("/*data*/", data.as_str()), ("/*script*/", script.as_str())];
    let mut page = String::with_capacity(SKELETON.len() + STYLE.len() + script.len() + data.len());
    let mut rest = SKELETON;
    // Each mark stands once in the skeleton, in this order; what is put in is never searched.
    for (mark, text) in parts {
        if let Some((before, after)) = rest.split_once(mark) {
            page.push_str(before);
            page.push_str(text);
            rest = after;
        }
    }
    page.push_str(rest);
    page
}

/// JSON that no HTML or script parser can mistake: these characters stand only within its strings.
fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + json.len() / 8);
    for c in json.chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    text
}
