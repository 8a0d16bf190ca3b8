//! Source files, byte spans, and text that was put together from several places.
//!
//! In: the text of a file. Out: spans (bytes of the original file) and, for what is shown, lines and columns.
//! Never touches disk, and never knows a language.

use std::collections::BTreeMap;
use std::ops::Range;

/// The number of a source file within one run, in the order of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// Bytes `start..end` of the original file `source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Bytes `start..end` of `source`.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Self { source, start: clamp(start), end: clamp(end) }
    }

    /// The smallest span that holds both; `self` where the two are of different files.
    pub fn join(self, other: Self) -> Self {
        if self.source != other.source {
            return self;
        }
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The bytes as a range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Offsets past 4 GB do not occur: `discover` refuses such files.
fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// One input file: its path as the user gave it, and its text as UTF-8.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path as shown, with `/`, relative where the user's was.
    pub path: String,
    /// The whole text; without a byte order mark.
    pub text: String,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// A file with its line table.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut line_starts = vec![0];
        line_starts.extend(text.match_indices('\n').map(|(at, _)| clamp(at + 1)));
        Self { path: path.into(), text, line_starts }
    }

    /// The file's name without folders and without its ending.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    /// What follows the last dot of the file's name, in lower case; empty for none.
    pub fn ending(&self) -> String {
        let name = self.path.rsplit('/').next().unwrap_or("");
        name.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase())
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start as usize..offset as usize).unwrap_or("");
        (line, before.chars().count() + 1)
    }

    /// First and last line of a span, from 1.
    pub fn lines(&self, span: Span) -> (usize, usize) {
        let last = span.end.saturating_sub(1).max(span.start);
        (self.line_column(span.start).0, self.line_column(last).0)
    }

    /// The text of a byte range; empty where the range is not in the file.
    pub fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }
}

/// All files of a run, by [`SourceId`].
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// The files by path, without a leading `./`.
    by_path: BTreeMap<String, SourceId>,
    /// The files by the last part of their paths.
    by_name: BTreeMap<String, Vec<SourceId>>,
    /// The length of the path of the folder that all files share whose paths start at the root of the machine.
    shared: usize,
}

impl Sources {
    /// Files in the order in which they are numbered.
    pub fn new(files: Vec<SourceFile>) -> Self {
        let own = |path: &str| path.trim_start_matches("./").to_owned();
        let numbered = files.iter().enumerate().rev();
        let by_path = numbered.map(|(at, file)| (own(&file.path), SourceId(clamp(at)))).collect();
        let mut by_name: BTreeMap<String, Vec<SourceId>> = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            by_name.entry(name.to_owned()).or_default().push(SourceId(clamp(at)));
        }
        let shared = shared_folder(&files);
        Self { files, by_path, by_name, shared }
    }

    /// The file of that number.
    pub fn get(&self, id: SourceId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (SourceId(clamp(at)), file))
    }

    /// The file's path for what outlives the run: without the folders that all files share when paths start at the
    /// root of the machine, so that the same inputs give the same bytes wherever they stand.
    pub fn short_path(&self, id: SourceId) -> &str {
        let Some(path) = self.get(id).map(|file| file.path.as_str()) else { return "" };
        if !is_rooted(path) {
            return path;
        }
        path.get(self.shared..).unwrap_or(path)
    }

    /// The file of exactly that path, a leading `./` aside.
    pub fn at_path(&self, path: &str) -> Option<SourceId> {
        self.by_path.get(path).copied()
    }

    /// The files whose paths end with all parts of `tail`, in order.
    pub fn ending<'a>(&'a self, tail: &'a str) -> impl Iterator<Item = SourceId> + 'a {
        let name = tail.rsplit('/').next().unwrap_or(tail);
        let ends = move |path: &str| path.strip_suffix(tail).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        let named = self.by_name.get(name).into_iter().flatten().copied();
        named.filter(move |id| self.get(*id).is_some_and(|file| ends(&file.path)))
    }

    /// The files under a folder, which ends in `/`, in the order of their paths.
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, SourceId)> {
        let from = self.by_path.range(folder.to_owned()..);
        from.map(|(path, id)| (path.as_str(), *id)).take_while(move |(path, _)| path.starts_with(folder))
    }

    /// The text that a span covers; empty for a span of no file.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).map_or("", |file| file.slice(span.range()))
    }
}

/// A path without `.`, with `..` taken up where there is a folder before it, and without a slash at its start.
pub fn plain_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn is_rooted(path: &str) -> bool {
    path.starts_with('/') || path.as_bytes().get(1) == Some(&b':')
}

/// The length of the folder that all paths from the root of the machine share, with its `/`.
fn shared_folder(files: &[SourceFile]) -> usize {
    let folder = |path: &str| path.rfind('/').map_or(0, |at| at + 1);
    let mut rooted = files.iter().map(|file| file.path.as_str()).filter(|path| is_rooted(path));
    let Some(first) = rooted.next() else { return 0 };
    let mut shared = first.get(..folder(first)).unwrap_or("");
    for other in rooted {
        while !other.starts_with(shared) {
            let shorter = shared.trim_end_matches('/');
            shared = shared.get(..folder(shorter)).unwrap_or("");
        }
    }
    shared.len()
}

/// Text with the place that each part of it came from.
///
/// A procedure body in quotes, an f-string, a folded dynamic statement: none of them stands in the file as it is
/// read, so each part remembers its span. A part that is `exact` has the same bytes as its span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    /// First byte within the fragment.
    at: usize,
    len: usize,
    span: Span,
    exact: bool,
}

impl Fragment {
    /// Nothing yet; see [`Fragment::push`].
    pub fn empty() -> Self {
        Self { text: String::new(), parts: Vec::new() }
    }

    /// A whole file.
    pub fn of_file(source: SourceId, file: &SourceFile) -> Self {
        Self::exact(&file.text, Span::new(source, 0, file.text.len()))
    }

    /// Text that stands at `span`, byte for byte.
    pub fn exact(text: &str, span: Span) -> Self {
        let mut fragment = Self::empty();
        fragment.push(text, span, true);
        fragment
    }

    /// Text that stands for what is at `span`, in other words.
    pub fn made(text: &str, span: Span) -> Self {
        let mut fragment = Self::empty();
        fragment.push(text, span, false);
        fragment
    }

    /// Adds text that came from `span`; `exact` when it is the same bytes.
    pub fn push(&mut self, text: &str, span: Span, exact: bool) {
        if text.is_empty() {
            return;
        }
        self.parts.push(Part { at: self.text.len(), len: text.len(), span, exact });
        self.text.push_str(text);
    }

    /// Adds another fragment at the end.
    pub fn extend(&mut self, other: &Self) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.parts.extend(other.parts.iter().map(|part| Part { at: part.at + base, ..part.clone() }));
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Bytes `range` of the text, with their places.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut fragment = Self::empty();
        for part in self.touched(&range) {
            let start = range.start.max(part.at);
            let end = range.end.min(part.at + part.len);
            if start < end {
                let text = self.text.get(start..end).unwrap_or("");
                fragment.push(text, part.place(start, end), part.exact);
            }
        }
        fragment
    }

    /// Bytes `within` of the text with other text in the place of some ranges of it, which are in order and apart.
    pub fn changed(&self, within: Range<usize>, changes: impl IntoIterator<Item = (Range<usize>, Self)>) -> Self {
        let mut fragment = Self::empty();
        let mut kept = within.start;
        for (range, text) in changes {
            fragment.extend(&self.slice(kept..range.start));
            fragment.extend(&text);
            kept = range.end;
        }
        fragment.extend(&self.slice(kept..within.end));
        fragment
    }

    /// The place in the file that `range` came from: from the start of its first part to the end of its last.
    /// `None` for an empty fragment.
    pub fn span(&self, range: Range<usize>) -> Option<Span> {
        let mut touched = self.touched(&(range.start..range.end.max(range.start + 1))).iter();
        let first = touched.next().or(self.parts.last())?;
        let place = |part: &Part| part.place(range.start.max(part.at), range.end.min(part.at + part.len));
        let start = place(first);
        Some(touched.fold(start, |span, part| span.join(place(part))))
    }

    /// The parts that hold a byte of the range. They stand one after the other, without gaps.
    fn touched(&self, range: &Range<usize>) -> &[Part] {
        let from = self.parts.partition_point(|part| part.at + part.len <= range.start);
        let to = self.parts.partition_point(|part| part.at < range.end);
        self.parts.get(from..to).unwrap_or(&[])
    }

    /// The places of its parts, in order.
    pub fn places(&self) -> impl Iterator<Item = Span> + '_ {
        self.parts.iter().map(|part| part.span)
    }

    /// The place of the whole.
    pub fn whole(&self) -> Option<Span> {
        self.span(0..self.text.len())
    }
}

impl Part {
    fn place(&self, start: usize, end: usize) -> Span {
        if !self.exact {
            return self.span;
        }
        let base = self.span.start as usize;
        Span::new(self.span.source, base + (start - self.at), base + (end.max(start) - self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters() {
        let file = SourceFile::new("a.sql", "ä b\nc");
        assert_eq!(file.line_column(0), (1, 1));
        assert_eq!(file.line_column(3), (1, 3));
        assert_eq!(file.line_column(5), (2, 1));
    }

    #[test]
    fn short_paths_leave_out_where_the_machine_keeps_them() {
        let paths = ["/home/me/etl/a.sql", "/home/me/etl/sub/b.sql", "../c.sql"];
        let sources = Sources::new(paths.map(|path| SourceFile::new(path, "")).to_vec());
        let short: Vec<&str> = sources.iter().map(|(id, _)| sources.short_path(id)).collect();
        assert_eq!(short, ["a.sql", "sub/b.sql", "../c.sql"]);
    }

    #[test]
    fn a_slice_remembers_its_places() {
        let source = SourceId(0);
        let mut fragment = Fragment::exact("select ", Span::new(source, 10, 17));
        fragment.push("x", Span::new(source, 40, 44), false);
        fragment.push(" from t", Span::new(source, 50, 57), true);
        let slice = fragment.slice(3..10);
        assert_eq!(slice.text(), "ect x f");
        assert_eq!(slice.whole(), Some(Span::new(source, 13, 52)));
        assert_eq!(fragment.span(9..13), Some(Span::new(source, 51, 55)));
    }
}
