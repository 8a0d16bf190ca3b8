//! The command line: clap types, then validated options, then one thin function a command.
//!
//! In: arguments. Out: text on standard output, messages on standard error, an exit code: 0 done, 1 findings at or
//! above `--fail-on`, 2 could not run. Decides nothing about scripts.

mod args;
mod commands;
mod database;
mod excerpt;
mod progress;
mod settings;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::process::ExitCode;

use clap::Parser;

use crate::finding::{Finding, Severity};
use args::{Cli, Command};

/// Why a command could not run: what happened, and what to do about it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    help: String,
}

impl Failure {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "\n  help: {}", self.help) }
    }
}

/// Runs the command that the process was called with. A fault of refract itself is said in one line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(|| run(cli.command)).unwrap_or_else(|_| {
        Err(Failure::new("refract failed on this input; nothing was written", "please report it with the input"))
    });
    match result {
        Ok(code) => code,
        Err(failure) => {
            complain(&failure.to_string());
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Convert(args) => commands::convert(&args),
        Command::Audit(args) => commands::audit(&args),
        Command::Init(args) => commands::init(&args),
        Command::Lineage(args) => commands::lineage(&args),
        Command::Steps(args) => commands::steps(&args),
        Command::Explain(args) => Ok(commands::explain(&args)),
        Command::Completions(args) => Ok(commands::completions(&args)),
    }
}

/// Prints to standard output. A reader that went away (`| head`) is no error.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints to standard error.
fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether what [`say`] prints may have colour.
fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// 1 when a finding is as bad as `fail_on` or worse.
fn code(findings: &[Finding], fail_on: Option<Severity>) -> ExitCode {
    let bad = fail_on.is_some_and(|limit| findings.iter().any(|finding| finding.severity() >= limit));
    ExitCode::from(u8::from(bad))
}
