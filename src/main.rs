//! The `refract` command.

fn main() {}
