//! The `refract` command.

fn main() -> std::process::ExitCode {
    refract::cli::main()
}
