//! The token that the console asks for.

use std::path::Path;

const VARIABLE: &str = "WEIR_CONSOLE_TOKEN";
/// A shorter token could be guessed.
const CHARACTERS_MIN: usize = 16;

/// The token of the file, or else of the environment.
pub(super) fn read(file: Option<&Path>) -> Result<Option<String>, String> {
    match file {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("--token-file {}: {error}", path.display()))?;
            check(text.trim(), &format!("--token-file {}", path.display())).map(Some)
        }
        None => std::env::var(VARIABLE).ok().map(|text| check(&text, VARIABLE)).transpose(),
    }
}

fn check(token: &str, place: &str) -> Result<String, String> {
    let is_visible = token.chars().all(|each| each.is_ascii_graphic());
    if token.len() < CHARACTERS_MIN || !is_visible {
        return Err(format!(
            "{place}: a token has at least {CHARACTERS_MIN} letters, digits or signs of ASCII; make one with: openssl rand -hex 16"
        ));
    }
    Ok(token.to_owned())
}

#[cfg(test)]
mod tests;
