//! Casts, and calls whose arguments are more than a list.
//!
//! In: one node. Out: its pieces in the target.

use super::kinds::Kind;
use super::rewrite::{Piece, Rewriter, node_at, woven};
use super::tree::{Call, Cast, Item, Literal, Node, Tail, What};
use super::{formats, types, units};
use crate::dialect::Dialects as D;

const TWO: D = D::POSTGRES.or(D::DUCKDB);
/// Where casting a number with a fraction to a whole one cuts the fraction off; elsewhere it rounds.
const CUTS: D = D::TSQL.or(D::SPARK).or(D::SQLITE);
/// Dialects that know `a::type`.
const COLONS: D = TWO.or(D::REDSHIFT).or(D::SNOWFLAKE).or(D::SPARK);

impl Rewriter<'_> {
    pub(super) fn cast(&mut self, node: &Node, cast: &Cast) -> Vec<Piece> {
        let written = self.slice(&cast.type_range).to_owned();
        let Some(of) = types::read(&written, self.from) else {
            self.unsure(&cast.type_range, format!("the type {written}"), "write the type that the target has for it");
            return self.children(node);
        };
        let Some(new) = of.write(self.to) else {
            self.unsure(&cast.type_range, format!("the type {written}"), "write the type that the target has for it");
            return self.children(node);
        };
        if let Some(style) = &cast.style {
            return self.styled(node, cast, style, &of, &new);
        }
        let kind = self.kind(&cast.value);
        if D::TSQL.has(self.from) && kind.is_time() && of.kind() == Kind::Text {
            self.refuse(&node.range, "a time cast to text without a style", "name the style: convert(…, …, 120)");
        }
        let tries = cast.form.starts_with("try") || cast.form.starts_with("safe");
        let word = self.cast_word(node, tries);
        let cut = CUTS.has(self.from) && !CUTS.has(self.to) && of.kind() == Kind::Integer;
        let value = match kind {
            Kind::Integer | Kind::Text | Kind::Bool | Kind::Date | Kind::Timestamp | Kind::Interval => None,
            _ if !cut || matches!(cast.value.what, What::Literal(Literal::Null)) => None,
            Kind::Number => Some(("trunc(", ")")),
            Kind::Unknown if tries => None,
            Kind::Unknown => Some(("trunc(cast(", " as decimal(38, 10)))")),
        };
        let long = of.length().filter(|_| self.source().casts_cut_text && !self.target().casts_cut_text);
        let long = long.filter(|length| !self.fits(&cast.value, length)).map(ToOwned::to_owned);
        let same = types::is_same(&written, &new, self.from, self.to);
        if value.is_none() && long.is_none() && word == cast.form && (same || cast.form == "::") {
            return self.retyped(node, cast, (!same).then_some(new));
        }
        let (before, behind) = value.unwrap_or(("", ""));
        let word = if word == "::" { "cast".to_owned() } else { word };
        let mut pieces = vec![Piece::New(format!("{}{word}({before}", if long.is_some() { "left(" } else { "" }))];
        pieces.extend(self.node(&cast.value));
        pieces.push(Piece::New(format!("{behind} as {})", if same { &written } else { &new })));
        if let Some(length) = long {
            pieces.push(Piece::New(format!(", {length})")));
        }
        pieces
    }

    fn cast_word(&mut self, node: &Node, tries: bool) -> String {
        if tries {
            let target = D::TSQL.or(D::SNOWFLAKE).or(D::SPARK).or(D::TRINO).or(D::DUCKDB);
            if D::BIGQUERY.has(self.to) {
                return "safe_cast".to_owned();
            }
            if !target.has(self.to) {
                self.unsure(&node.range, "a cast that gives NULL where it fails", "check the text before the cast");
            }
            return "try_cast".to_owned();
        }
        let What::Cast(Cast { form, .. }) = &node.what else { return "cast".to_owned() };
        if form == "::" && COLONS.has(self.to) { "::".to_owned() } else { "cast".to_owned() }
    }

    fn retyped(&mut self, node: &Node, cast: &Cast, new: Option<String>) -> Vec<Piece> {
        let mut changes = vec![(cast.value.range.clone(), self.node(&cast.value))];
        if let Some(new) = new {
            changes.push((cast.type_range.clone(), vec![Piece::New(new)]));
        }
        woven(&node.range, changes)
    }

    /// Whether the value is a text that is no longer than that.
    fn fits(&self, node: &Node, length: &str) -> bool {
        let text = self.slice(&node.range);
        let literal = matches!(node.what, What::Literal(Literal::Text | Literal::Null));
        literal && length.parse().is_ok_and(|length: usize| text.trim_matches('\'').chars().count() <= length)
    }

    /// `convert` with a style.
    fn styled(&mut self, node: &Node, cast: &Cast, style: &Node, of: &types::Type, new: &str) -> Vec<Piece> {
        let number = self.slice(&style.range).to_owned();
        let kind = self.kind(&cast.value);
        let format = formats::STYLES.iter().find(|(own, _)| *own == number).map(|(_, format)| *format);
        let converted = format.and_then(|format| formats::convert(format, self.from, self.to));
        let (Some(format), Some(converted)) = (format, converted) else {
            self.unsure(&node.range, format!("convert with style {number}"), "write it with a format of the target");
            return self.children(node);
        };
        let to_text = of.kind() == Kind::Text && !matches!(kind, Kind::Integer | Kind::Number | Kind::Text);
        if !TWO.has(self.to) || !(to_text || of.kind().is_time()) {
            self.unsure(&node.range, format!("convert with style {number}"), "write it with a format of the target");
            return self.children(node);
        }
        let duckdb = D::DUCKDB.has(self.to);
        let mut pieces = Vec::new();
        if to_text {
            let full = format.replace('\'', "").len();
            let cut = of.length().filter(|length| length.parse().is_ok_and(|length: usize| length < full));
            pieces.push(Piece::New(if cut.is_some() { "left(" } else { "" }.to_owned()));
            pieces.push(Piece::New(if duckdb { "strftime(" } else { "to_char(" }.to_owned()));
            pieces.extend(self.closed(&cast.value));
            pieces.push(Piece::New(format!(", '{converted}')")));
            pieces.extend(cut.map(|length| Piece::New(format!(", {length})"))));
        } else if kind == Kind::Text {
            pieces.push(Piece::New(if duckdb { "cast(strptime(" } else { "cast(to_timestamp(" }.to_owned()));
            pieces.extend(self.node(&cast.value));
            pieces.push(Piece::New(format!(", '{converted}') as {new})")));
        } else if kind.is_time() {
            pieces.push(Piece::New("cast(".to_owned()));
            pieces.extend(self.node(&cast.value));
            pieces.push(Piece::New(format!(" as {new})")));
        } else {
            self.unsure(&node.range, format!("convert with style {number}"), "give the DDL with --schema");
            return self.children(node);
        }
        pieces
    }

    /// Calls that no row of the table can say; none for all others.
    pub(super) fn special(&mut self, node: &Node, call: &Call) -> Option<Vec<Piece>> {
        match call.name.as_str() {
            "extract" => Some(self.extract(node, call)),
            "values" if D::MYSQL.has(self.from) && node_at(&call.items, 0).is_some_and(|of| !of.name().is_empty()) => {
                let mut pieces = vec![Piece::New("excluded.".to_owned())];
                pieces.extend(call.args().first().map(|column| self.node(column)).unwrap_or_default());
                Some(pieces)
            }
            "values" => Some(self.children(node)),
            "decode" if call.args().len() > 2 && !call.words => self.decode(call),
            "string_agg" | "listagg" | "group_concat" => self.joined_texts(node, call),
            "trim" | "substring" | "position" | "overlay" if call.words => {
                let standard = TWO.or(D::REDSHIFT);
                if !(standard.has(self.from) && standard.has(self.to)) {
                    self.unsure(&node.range, format!("{} written so", call.name), "write it with what the target has");
                }
                Some(self.children(node))
            }
            "coalesce" | "nvl" if D::ORACLE.has(self.from) => None,
            "trunc" if D::ORACLE.has(self.from) => Some(self.oracle_trunc(node, call)),
            "avg" if !D::TSQL.or(D::REDSHIFT).has(self.from) => None,
            "avg" if TWO.has(self.to) && call.args().len() == 1 => self.whole_average(call),
            "round" if D::TSQL.has(self.from) && call.args().len() == 3 => {
                self.unsure(&node.range, "round that cuts", "write trunc()");
                Some(self.children(node))
            }
            _ => None,
        }
    }

    fn extract(&mut self, node: &Node, call: &Call) -> Vec<Piece> {
        let (part, value) = (node_at(&call.items, 0), node_at(&call.items, 2));
        let (Some(part), Some(value)) = (part, value) else {
            self.unsure(&node.range, "extract written so", "write it with what the target has");
            return self.children(node);
        };
        let word = self.slice(&part.range).trim_matches('\'').to_owned();
        let unit = units::unit_in(&word, self.from);
        let plain = ["year", "quarter", "month", "day", "hour", "minute", "day_of_year", "epoch", "monday1", "sunday0"];
        let shared = ["year", "month", "day", "hour", "minute"];
        match unit {
            Some(unit) if shared.contains(&unit) || plain.contains(&unit) && TWO.has(self.from) && TWO.has(self.to) => {
            }
            Some("quarter" | "day_of_year" | "epoch" | "week" | "second") if TWO.has(self.to) => {}
            Some("sunday1") if TWO.has(self.to) => {
                let mut pieces = vec![Piece::New("(extract(dow from ".to_owned())];
                pieces.extend(self.node(value));
                pieces.push(Piece::New(") + 1)".to_owned()));
                return pieces;
            }
            Some("sunday0") if TWO.has(self.to) => {
                let dow = (part.range.clone(), vec![Piece::New("dow".to_owned())]);
                let value = (value.range.clone(), self.node(value));
                return woven(&node.range, vec![dow, value]);
            }
            _ => self.unsure(&node.range, format!("extract({word} …)"), "write it with what the target has"),
        }
        let value = (value.range.clone(), self.node(value));
        woven(&node.range, vec![value])
    }

    /// `decode(a, b, x, …, z)`: NULL equals NULL.
    fn decode(&mut self, call: &Call) -> Option<Vec<Piece>> {
        if D::ORACLE.or(D::SNOWFLAKE).or(D::REDSHIFT).has(self.to) {
            return None;
        }
        let args = call.args();
        let (subject, rest) = args.split_first()?;
        let mut pieces = vec![Piece::New("case".to_owned())];
        let mut pairs = rest.chunks(2);
        for pair in &mut pairs {
            match pair {
                [wanted, result] => {
                    pieces.push(Piece::New(" when ".to_owned()));
                    pieces.extend(self.closed(subject));
                    pieces.extend(self.equals(wanted));
                    pieces.push(Piece::New(" then ".to_owned()));
                    pieces.extend(self.node(result));
                }
                [otherwise] => {
                    pieces.push(Piece::New(" else ".to_owned()));
                    pieces.extend(self.node(otherwise));
                }
                _ => {}
            }
        }
        pieces.push(Piece::New(" end".to_owned()));
        Some(pieces)
    }

    fn equals(&mut self, wanted: &Node) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if matches!(wanted.what, What::Literal(Literal::Null)) {
            pieces.push(Piece::New(" is null".to_owned()));
            return pieces;
        }
        let literal = matches!(wanted.what, What::Literal(_));
        pieces.push(Piece::New(if literal { " = " } else { " is not distinct from " }.to_owned()));
        pieces.extend(self.closed(wanted));
        pieces
    }

    fn oracle_trunc(&mut self, node: &Node, call: &Call) -> Vec<Piece> {
        let args = call.args();
        let Some(value) = args.first() else { return self.children(node) };
        let kind = self.kind(value);
        let unit = args.get(1).map(|unit| self.slice(&unit.range).trim_matches('\'').to_lowercase());
        let unit = match unit.as_deref() {
            Some("mm" | "month" | "mon") => Some("month"),
            Some("yyyy" | "yy" | "year" | "y") => Some("year"),
            Some("q") => Some("quarter"),
            None | Some("dd" | "ddd" | "j") => Some("day"),
            Some("iw") => Some("week"),
            Some("hh" | "hh24") => Some("hour"),
            Some("mi") => Some("minute"),
            Some(_) => None,
        };
        let Some(unit) = unit.filter(|_| TWO.has(self.to) && (kind.is_time() || call.args().len() == 2)) else {
            let help = "give the DDL with --schema, or write date_trunc() or trunc() as it is meant";
            self.unsure(&node.range, "TRUNC of a value whose type is not known", help);
            return self.children(node);
        };
        let mut pieces = vec![Piece::New(format!("date_trunc('{unit}', "))];
        pieces.extend(self.node(value));
        pieces.push(Piece::New(")".to_owned()));
        pieces
    }

    /// The average of whole numbers is a whole number.
    fn whole_average(&mut self, call: &Call) -> Option<Vec<Piece>> {
        let value = *call.args().first()?;
        let kind = self.kind(value);
        if kind == Kind::Number {
            return None;
        }
        let sure = kind == Kind::Integer;
        if call.words || !sure && !D::DUCKDB.has(self.to) {
            let help = "give the DDL with --schema, or cast to decimal, or trunc() the result";
            self.unsure(&call.name_range, "the average of a column that may hold whole numbers", help);
            return None;
        }
        let (value, tails) = (self.node(value), self.tails(call));
        let mut pieces = vec![Piece::New(if sure { "trunc(avg(" } else { "(sum(" }.to_owned())];
        pieces.extend(value.clone());
        pieces.push(Piece::New(")".to_owned()));
        pieces.extend(tails.clone());
        if !sure {
            pieces.push(Piece::New(" // nullif(count(".to_owned()));
            pieces.extend(value);
            pieces.push(Piece::New(")".to_owned()));
            pieces.extend(tails);
            pieces.push(Piece::New(", 0)".to_owned()));
        }
        pieces.push(Piece::New(")".to_owned()));
        Some(pieces)
    }

    /// `listagg(a, ',') within group (order by b)` and its kin.
    fn joined_texts(&mut self, node: &Node, call: &Call) -> Option<Vec<Piece>> {
        if !TWO.has(self.to) {
            return None;
        }
        let mut parts = call.items.split(|item| matches!(item, Item::Comma(_)));
        let mut value: Vec<Item> = parts.next()?.to_vec();
        let mut separator: Vec<Item> = parts.next().unwrap_or_default().to_vec();
        if parts.next().is_some() {
            self.unsure(&node.range, format!("{} of several values", call.name), "join the values before");
            return Some(self.children(node));
        }
        if let Some(at) = value.iter().position(|item| item.is_word("separator")) {
            separator = value.split_off(at).split_off(1);
        }
        let held = if separator.iter().any(|item| item.is_word("order")) { &mut separator } else { &mut value };
        let order = held.iter().position(|item| item.is_word("order")).map(|at| held.split_off(at));
        let within: Vec<&Tail> = call.tails.iter().filter(|tail| tail.word == "within").collect();
        let order = order.or_else(|| within.first().map(|tail| tail.items.clone()));
        let empty = D::SNOWFLAKE.has(self.from);
        let mut pieces = vec![Piece::New(if empty { "coalesce(string_agg(" } else { "string_agg(" }.to_owned())];
        let first = value.iter().find_map(Item::node).map_or(Kind::Unknown, |node| self.kind(node));
        pieces.extend(self.text_of(&value, first));
        pieces.push(Piece::New(", ".to_owned()));
        let default = if D::MYSQL.or(D::BIGQUERY).has(self.from) { "','" } else { "''" };
        pieces.extend(self.span_of(&separator).unwrap_or_else(|| vec![Piece::New(default.to_owned())]));
        if let Some(order) = order {
            pieces.push(Piece::New(" ".to_owned()));
            pieces.extend(self.span_of(&order).unwrap_or_default());
        }
        pieces.push(Piece::New(")".to_owned()));
        for tail in call.tails.iter().filter(|tail| tail.word != "within") {
            pieces.push(Piece::New(" ".to_owned()));
            pieces.extend(self.tail(tail));
        }
        pieces.extend(empty.then(|| Piece::New(", '')".to_owned())));
        Some(pieces)
    }

    /// The items as text: `distinct a` keeps its word, another kind is cast.
    fn text_of(&mut self, items: &[Item], kind: Kind) -> Vec<Piece> {
        let Some(node) = items.iter().find_map(Item::node).cloned() else { return Vec::new() };
        let mut pieces = Vec::new();
        if items.iter().any(|item| item.is_word("distinct")) {
            pieces.push(Piece::New("distinct ".to_owned()));
        }
        let cast = kind != Kind::Text && D::POSTGRES.has(self.to) && kind != Kind::Unknown;
        pieces.push(Piece::New(if cast { "cast(" } else { "" }.to_owned()));
        pieces.extend(self.node(&node));
        pieces.push(Piece::New(if cast { " as varchar)" } else { "" }.to_owned()));
        pieces
    }

    fn span_of(&mut self, items: &[Item]) -> Option<Vec<Piece>> {
        let range = items.first()?.range().start..items.last()?.range().end;
        Some(self.level(&range, items))
    }
}
