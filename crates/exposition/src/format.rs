//! Which format a page is in.

/// The `Accept` header of Prometheus 3 with its default `scrape_protocols`.
pub const ACCEPT: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.7,\
application/openmetrics-text;version=0.0.1;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,\
text/plain;version=0.0.4;q=0.4,*/*;q=0.3";

/// A text format of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus' own, versions 0.0.4 and 1.0.0.
    Text,
    /// OpenMetrics 0.0.1 and 1.0.0.
    OpenMetrics,
}

/// Why a page's `Content-Type` says nothing of use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// There is none, or it is empty.
    #[error("target sent no Content-Type")]
    Missing,
    /// It breaks the header's grammar.
    #[error("cannot parse Content-Type \"{0}\"")]
    Malformed(String),
    /// It names no format of metrics, or one that is not read yet.
    #[error("unsupported Content-Type \"{0}\"")]
    Unsupported(String),
}

/// Chooses the format by the `Content-Type` header, as Prometheus 3 does without `fallback_scrape_protocol`.
/// OpenMetrics 2.0 and protobuf are not read.
pub fn format_of(content_type: Option<&str>) -> Result<Format, FormatError> {
    let header = content_type.filter(|header| !header.is_empty()).ok_or(FormatError::Missing)?;
    let malformed = || FormatError::Malformed(header.to_owned());
    let (media_type, parameters) = header.split_once(';').unwrap_or((header, ""));
    let media_type = media_type.trim().to_ascii_lowercase();
    let (kind, subtype) = media_type.split_once('/').unwrap_or((&media_type, "x"));
    if !is_token(kind) || !is_token(subtype) {
        return Err(malformed());
    }
    let parameters = parse_parameters(parameters).ok_or_else(malformed)?;
    let version = parameters.iter().find(|(name, _)| name == "version").map(|(_, value)| value.as_str());
    match media_type.as_str() {
        "text/plain" => Ok(Format::Text),
        "application/openmetrics-text" if version != Some("2.0.0") => Ok(Format::OpenMetrics),
        _ => Err(FormatError::Unsupported(header.to_owned())),
    }
}

/// Reads `name=value` pairs between semicolons; `None` when they break the grammar or one name has two values.
fn parse_parameters(mut text: &str) -> Option<Vec<(String, String)>> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return Some(parameters);
        }
        let (name, rest) = split_token(text)?;
        let (value, rest) = split_value(rest.trim_start().strip_prefix('=')?.trim_start())?;
        let name = name.to_ascii_lowercase();
        if parameters.iter().any(|(other, before)| *other == name && *before != value) {
            return None;
        }
        parameters.push((name, value));
        text = rest.trim_start();
        if !text.is_empty() {
            text = text.strip_prefix(';')?;
        }
    }
}

/// A token or a text in quotes.
fn split_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return split_token(text).map(|(token, rest)| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            '\r' | '\n' => return None,
            _ => value.push(character),
        }
    }
    None
}

fn split_token(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|character| !is_token_character(character)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_token_character)
}

/// RFC 2045, section 5.1.
fn is_token_character(character: char) -> bool {
    character.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(character)
}

#[cfg(test)]
mod tests;
