//! Standard output and standard error. A reader that has gone away is no failure of weir's.

use std::io::{self, IsTerminal, Write};

use weir_config::Mistakes;

/// Writes a line to standard output.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Writes a line to standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Draws the mistakes of a file on standard error, in colours on a terminal unless `NO_COLOR` is set.
pub(crate) fn complain_about(mistakes: &Mistakes) {
    let coloured =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    complain(&mistakes.draw(coloured));
    match mistakes.list().len() {
        1 => complain("1 mistake"),
        many => complain(&format!("{many} mistakes")),
    }
}
