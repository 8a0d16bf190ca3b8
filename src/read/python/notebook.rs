//! Jupyter notebooks: the code cells, in order, as one Python text that knows its places in the JSON file.
//!
//! In: a `.ipynb` file. Out: the code of its code cells, each ended by a line break. Never fails: a file that is no
//! notebook gives no code.

use crate::text::{Fragment, SourceFile, SourceId, Span};

/// The code of all code cells.
pub fn code(source: SourceId, file: &SourceFile) -> Fragment {
    let mut reader = Reader { source, text: &file.text, at: 0, code: Fragment::empty() };
    reader.notebook();
    reader.code
}

/// A small JSON reader that keeps byte offsets, which `serde_json` does not.
struct Reader<'a> {
    source: SourceId,
    text: &'a str,
    at: usize,
    code: Fragment,
}

impl Reader<'_> {
    fn notebook(&mut self) {
        self.members(|reader, key| match key.as_str() {
            "cells" => reader.elements(Reader::cell),
            _ => reader.skip(),
        });
    }

    fn cell(&mut self) {
        let mut is_code = false;
        let mut lines = Vec::new();
        self.members(|reader, key| match key.as_str() {
            "cell_type" => is_code = reader.string().is_some_and(|kind| kind.text() == "code"),
            "source" => lines = reader.lines(),
            _ => reader.skip(),
        });
        if !is_code {
            return;
        }
        let mut cell = Fragment::empty();
        for line in &lines {
            cell.extend(line);
        }
        self.code.extend(&super::cells::python(&cell));
        if !self.code.text().ends_with('\n') {
            let place = Span::new(self.source, self.at, self.at);
            self.code.push("\n", place, false);
        }
    }

    /// A string, or a list of strings.
    fn lines(&mut self) -> Vec<Fragment> {
        let mut lines = Vec::new();
        match self.peek() {
            Some(b'[') => self.elements(|reader| lines.extend(reader.string())),
            Some(b'"') => lines.extend(self.string()),
            _ => self.skip(),
        }
        lines
    }

    fn members(&mut self, mut each: impl FnMut(&mut Self, String)) {
        if !self.take(b'{') {
            return self.skip();
        }
        while let Some(key) = self.string() {
            self.take(b':');
            each(self, key.text().to_owned());
            if !self.take(b',') {
                break;
            }
        }
        self.take(b'}');
    }

    fn elements(&mut self, mut each: impl FnMut(&mut Self)) {
        if !self.take(b'[') {
            return self.skip();
        }
        while self.peek().is_some_and(|byte| byte != b']') {
            let before = self.at;
            each(self);
            if !self.take(b',') || self.at == before {
                break;
            }
        }
        self.take(b']');
    }

    /// Passes over one value of any kind.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                _ => self.at += self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8),
            }
            if depth == 0 && matches!(self.peek(), Some(b',' | b'}' | b']') | None) {
                return;
            }
        }
    }

    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.get(self.at..)?;
        self.at += rest.len() - rest.trim_start().len();
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// A string: runs without escapes byte for byte, each escape on its own.
    fn string(&mut self) -> Option<Fragment> {
        if !self.take(b'"') {
            return None;
        }
        let mut fragment = Fragment::empty();
        loop {
            let rest = self.text.get(self.at..)?;
            let run = rest.find(['"', '\\']).unwrap_or(rest.len());
            let place = |start: usize, end: usize| Span::new(self.source, start, end);
            fragment.push(rest.get(..run)?, place(self.at, self.at + run), true);
            self.at += run;
            match rest.as_bytes().get(run) {
                Some(b'\\') => {
                    let (text, len) = unescape(rest.get(run..)?);
                    fragment.push(&text, place(self.at, self.at + len), false);
                    self.at += len;
                }
                Some(_) => {
                    self.at += 1;
                    return Some(fragment);
                }
                None => return Some(fragment),
            }
        }
    }
}

/// The character that a JSON escape at the start of `text` stands for, and the escape's length.
fn unescape(text: &str) -> (String, usize) {
    let hex = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let one = |character: char| (character.to_string(), 2);
    match text.as_bytes().get(1) {
        Some(b'n') => one('\n'),
        Some(b't') => one('\t'),
        Some(b'r') => one('\r'),
        Some(b'b') => one('\u{8}'),
        Some(b'f') => one('\u{c}'),
        Some(b'u') => match (hex(2..6), text.get(6..8), hex(8..12)) {
            (Some(high @ 0xD800..=0xDBFF), Some("\\u"), Some(low @ 0xDC00..=0xDFFF)) => {
                let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                (char::from_u32(code).unwrap_or('\u{FFFD}').to_string(), 12)
            }
            (Some(code), ..) => (char::from_u32(code).unwrap_or('\u{FFFD}').to_string(), 6),
            (None, ..) => (String::new(), 2),
        },
        Some(_) => {
            let escaped = text.chars().nth(1).unwrap_or('\\');
            (escaped.to_string(), 1 + escaped.len_utf8())
        }
        None => (String::new(), 1),
    }
}
