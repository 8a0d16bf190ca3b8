//! `strftime`: times as texts, in pieces.
//!
//! In: a time and a C format. Out: the pieces joined; none where a part of the format has no words.

use super::times;
use crate::frame::{Binary, Expr, Function, Part, TIME_PARTS};

/// Names of which the first three letters are meant, one after the other.
const DAYS: &str = "MonTueWedThuFriSatSun";
const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// The time as text.
pub fn written(time: &Expr, format: &str) -> Option<Expr> {
    if crate::frame::is_known_format(format) {
        return Some(Expr::Call(Function::FormatTime, vec![time.clone(), Expr::text(format)]));
    }
    let mut pieces: Vec<Expr> = Vec::new();
    // What one call writes, with the characters between.
    let mut plain = String::new();
    let mut rest = format;
    while let Some(next) = rest.chars().next() {
        let known = TIME_PARTS.iter().find(|(part, ..)| rest.starts_with(part)).map(|(part, ..)| *part);
        let size = match (known, next) {
            (Some(part), _) => part.len(),
            (None, '%') => {
                flush(&mut plain, time, &mut pieces);
                pieces.push(piece(time, rest.get(..2)?)?);
                rest = rest.get(2..)?;
                continue;
            }
            (None, char) => char.len_utf8(),
        };
        plain.push_str(rest.get(..size)?);
        rest = rest.get(size..)?;
    }
    flush(&mut plain, time, &mut pieces);
    pieces.into_iter().reduce(|one, two| Expr::binary(Binary::Concat, one, two))
}

fn flush(plain: &mut String, time: &Expr, pieces: &mut Vec<Expr>) {
    if plain.is_empty() {
        return;
    }
    let text = std::mem::take(plain);
    let piece = if text.contains('%') {
        Expr::Call(Function::FormatTime, vec![time.clone(), Expr::text(&text)])
    } else {
        Expr::text(&text)
    };
    pieces.push(piece);
}

fn piece(time: &Expr, part: &str) -> Option<Expr> {
    let extract = |part: Part| Expr::Call(Function::Extract(part), vec![time.clone()]);
    let padded = |number: Expr, width: i64| {
        let text = number.cast(crate::frame::Type::Text);
        Expr::Call(Function::PadStart, vec![text, Expr::integer(width), Expr::text("0")])
    };
    // Three letters for each, from the place of the number.
    let letters = |names: &str, number: Expr, first: i64| {
        let times = Expr::binary(Binary::Multiply, number, Expr::integer(3));
        let place = Expr::binary(Binary::Add, times, Expr::integer(first));
        Expr::Call(Function::Substring, vec![Expr::text(names), place, Expr::integer(3)])
    };
    match part {
        "%a" => Some(letters(DAYS, extract(Part::Weekday), 1)),
        "%b" => Some(letters(MONTHS, extract(Part::Month), -2)),
        "%A" => Some(times::name_of_part(time, true)),
        "%B" => Some(times::name_of_part(time, false)),
        "%j" => Some(padded(extract(Part::DayOfYear), 3)),
        "%V" => Some(padded(extract(Part::Week), 2)),
        "%G" => Some(times::iso_year(time).cast(crate::frame::Type::Text)),
        "%I" => {
            let before = Expr::binary(Binary::Add, extract(Part::Hour), Expr::integer(11));
            let rest = Expr::binary(Binary::Modulo, before, Expr::integer(12));
            Some(padded(Expr::binary(Binary::Add, rest, Expr::integer(1)), 2))
        }
        "%p" => {
            let early = Expr::binary(Binary::Less, extract(Part::Hour), Expr::integer(12));
            Some(Expr::case(early, Expr::text("AM"), Expr::text("PM")))
        }
        "%%" => Some(Expr::text("%")),
        _ => None,
    }
}
