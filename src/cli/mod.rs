//! The command line: clap types, then validated options, then one thin function a command.
