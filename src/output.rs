//! Writes a map of files to a folder, all or nothing. The only writer of disk.
