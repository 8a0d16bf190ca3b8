//! Paths to source files and their kinds. The only reader of disk.
//!
//! In: paths as the user gave them. Out: files in a fixed order (sorted by path), and findings for what was passed
//! over. Never looks at what a script means.
