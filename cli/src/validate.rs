//! `weir validate`: every mistake of every file.

use std::process::ExitCode;

use crate::arguments::ValidateArguments;
use crate::output::{complain_about, say};

/// Checks the files, all of them; fails when one has a mistake.
pub(crate) fn run(arguments: &ValidateArguments) -> ExitCode {
    if arguments.schema {
        say(&format!("{:#}", weir_config::schema()));
    }
    let mut code = ExitCode::SUCCESS;
    for file in &arguments.files {
        match weir_config::load(file) {
            Ok(_) => say(&format!("{}: good", file.display())),
            Err(mistakes) => {
                complain_about(&mistakes);
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
