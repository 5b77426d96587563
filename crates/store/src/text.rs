//! Words: what the full-text index and the search within a record agree on.
//!
//! A *word* is a run of letters and digits. Text is *folded* before it is indexed or searched: ASCII is lower-cased;
//! beyond ASCII letters and digits are lower-cased and the rest becomes a space. In folded text a word is a run of
//! ASCII letters, digits and characters beyond ASCII, which is what FTS5's `ascii` tokenizer takes for one.

/// A word that no text has: it keeps phrases from reaching from one value into the next.
pub(crate) const BREAK: &str = " \u{10FFFF} ";

/// Appends folded `text`.
pub(crate) fn fold(out: &mut String, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
        return;
    }
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character.to_ascii_lowercase());
        } else if character.is_alphanumeric() {
            out.extend(character.to_lowercase());
        } else {
            out.push(' ');
        }
    }
}

/// The words of folded text.
pub(crate) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split(|character: char| character.is_ascii() && !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The words of text that is not folded.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    let mut folded = String::with_capacity(text.len());
    fold(&mut folded, text);
    words(&folded).map(str::to_owned).collect()
}

/// Whether `text` contains `part`, which is lower case; upper and lower case are the same.
pub(crate) fn contains_ignoring_case(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        return part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    }
    text.to_lowercase().contains(part)
}

#[cfg(test)]
mod tests;
