//! `${NAME}` in values.

/// Replaces `${NAME}` by the variable; `$${NAME}` stands for the text `${NAME}`, any other `$` for itself.
///
/// # Errors
/// The name of a variable that is not set.
pub(crate) fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(name) = name_in_braces(&rest[start..]) else {
            expanded.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            continue;
        };
        let end = start + name.len() + 3;
        if rest[..start].ends_with('$') {
            expanded.push_str(&rest[..start - 1]);
            expanded.push_str(&rest[start..end]);
        } else {
            expanded.push_str(&rest[..start]);
            expanded.push_str(&variable(name).ok_or_else(|| name.to_owned())?);
        }
        rest = &rest[end..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// Replaces `$NAME`, `${NAME}` and `$$` as Prometheus does in `external_labels`.
///
/// # Errors
/// The name of a variable that is not set.
pub(crate) fn expand_like_prometheus(
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        expanded.push_str(&rest[..start]);
        let behind = &rest[start + 1..];
        let bare = bare_name(behind);
        if let Some(name) = name_in_braces(&rest[start..]) {
            expanded.push_str(&variable(name).ok_or_else(|| name.to_owned())?);
            rest = &behind[name.len() + 2..];
        } else if let Some(dollar) = behind.strip_prefix('$') {
            expanded.push('$');
            rest = dollar;
        } else if bare.is_empty() {
            expanded.push('$');
            rest = behind;
        } else {
            expanded.push_str(&variable(bare).ok_or_else(|| bare.to_owned())?);
            rest = &behind[bare.len()..];
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// `NAME` of a text that starts with `${NAME}`.
fn name_in_braces(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("${")?;
    let name = bare_name(inside);
    (!name.is_empty() && inside[name.len()..].starts_with('}')).then_some(name)
}

/// The variable's name that `text` starts with: letters, digits and `_`, no digit first.
fn bare_name(text: &str) -> &str {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return "";
    }
    let end = text.find(|each: char| !each.is_ascii_alphanumeric() && each != '_').unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests;
