//! Tailing of log files.
