//! The configuration file: reading with positions, every mistake at once, defaults.
