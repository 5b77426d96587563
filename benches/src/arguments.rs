//! Command lines of the form `PROGRAM VALUE... NAME=NUMBER...`.

use std::error::Error;

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    plain: Vec<String>,
    named: Vec<(String, u64)>,
}

impl Arguments {
    /// Those of this process.
    ///
    /// # Errors
    /// What stands after `=` is no number.
    pub fn own() -> Result<Self, Box<dyn Error>> {
        let mut arguments = Self::default();
        for argument in std::env::args().skip(1) {
            match argument.split_once('=') {
                Some((name, number)) => arguments.named.push((name.to_owned(), number.parse()?)),
                None => arguments.plain.push(argument),
            }
        }
        Ok(arguments)
    }

    /// The value at `index`.
    pub fn plain(&self, index: usize) -> Option<&str> {
        self.plain.get(index).map(String::as_str)
    }

    /// The number of that name, or `default`.
    pub fn number(&self, name: &str, default: u64) -> u64 {
        self.named.iter().find(|(found, _)| found == name).map_or(default, |(_, number)| *number)
    }
}
