//! A spinner on a terminal's standard error while there is more than a moment of work. Pipes see nothing of it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Work of fewer files than this is done before a person could read a spinner.
const WORTH_SHOWING: usize = 20;

/// Does `work` on `files` files, with a spinner when that is worth it.
pub fn during<T>(files: usize, work: impl FnOnce() -> T) -> T {
    if files < WORTH_SHOWING {
        return work();
    }
    let style =
        ProgressStyle::with_template("{spinner} {msg} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let spinner = ProgressBar::new_spinner().with_style(style).with_message(format!("reading {files} files"));
    spinner.enable_steady_tick(Duration::from_millis(100));
    let result = work();
    spinner.finish_and_clear();
    result
}
