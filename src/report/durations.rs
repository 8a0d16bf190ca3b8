//! How long steps take, as a user's file tells.
//!
//! In: CSV of two columns, a name and seconds, with or without a heading. Out: seconds by name. Never guesses a time
//! for a name that the file does not hold.

use std::collections::BTreeMap;

use csv::ReaderBuilder;

/// Seconds by name: of a step's relation, a model, a task, or `dag.task`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Durations {
    by_name: BTreeMap<String, f64>,
}

impl Durations {
    /// Reads the file's text. A name that stands twice gets the mean of its times.
    ///
    /// # Errors
    /// When a line is not a name and a number of seconds: says which line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (at, record) in reader.records().enumerate() {
            let record = record.map_err(|error| error.to_string())?;
            let name = record.get(0).unwrap_or("").trim();
            let seconds = record.get(1).unwrap_or("").trim();
            match seconds.parse::<f64>() {
                Ok(seconds) if seconds.is_finite() && seconds >= 0.0 && !name.is_empty() => {
                    times.entry(name.to_lowercase()).or_default().push(seconds);
                }
                // The heading.
                Err(_) if at == 0 && !seconds.starts_with(|c: char| c.is_ascii_digit()) => {}
                _ => return Err(format!("line {}: expected a name and seconds, found `{name},{seconds}`", at + 1)),
            }
        }
        let mean = |list: Vec<f64>| {
            let count = u32::try_from(list.len()).map_or(1.0, f64::from);
            list.iter().sum::<f64>() / count
        };
        Ok(Self { by_name: times.into_iter().map(|(name, list)| (name, mean(list))).collect() })
    }

    /// Whether none was given.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The seconds of what goes by these names: the first that is known counts.
    pub fn seconds(&self, names: &[String]) -> Option<f64> {
        names.iter().find_map(|name| self.by_name.get(&name.to_lowercase()).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_seconds() {
        let rows = [
            ("step,seconds\nstg_orders,90\nSTG_ORDERS,30\n", Ok(60.0)),
            ("stg_orders,1.5", Ok(1.5)),
            ("stg_orders,0\n", Ok(0.0)),
            ("other,1\nstg_orders,soon\n", Err("line 2: expected a name and seconds, found `stg_orders,soon`")),
            ("stg_orders,-1\n", Err("line 1: expected a name and seconds, found `stg_orders,-1`")),
            ("stg_orders,90s\n", Err("line 1: expected a name and seconds, found `stg_orders,90s`")),
        ];
        for (text, expected) in rows {
            let got = Durations::parse(text).map(|known| known.seconds(&["stg_orders".to_owned()]).unwrap_or(-1.0));
            assert_eq!(got, expected.map_err(str::to_owned), "{text:?}");
        }
    }
}
