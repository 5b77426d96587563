//! Upper and lower case as Go's `strings.ToUpper` and `ToLower`: one character for one character.

/// `text` in lower case by Unicode's simple mapping.
pub(crate) fn lower(text: &str) -> String {
    text.chars().map(lower_char).collect()
}

/// `text` in upper case by Unicode's simple mapping.
pub(crate) fn upper(text: &str) -> String {
    text.chars().map(upper_char).collect()
}

fn lower_char(character: char) -> char {
    match character {
        // The only letter whose full mapping is longer than its simple one.
        '\u{130}' => 'i',
        _ => single(character.to_lowercase()).unwrap_or(character),
    }
}

fn upper_char(character: char) -> char {
    match character {
        // Greek letters with an iota below: the simple mapping is the letter with the iota beside it.
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => shifted(character, 8),
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => shifted(character, 9),
        _ => single(character.to_uppercase()).unwrap_or(character),
    }
}

fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next()?;
    mapped.next().is_none().then_some(first)
}

fn shifted(character: char, by: u32) -> char {
    char::from_u32(character as u32 + by).unwrap_or(character)
}

#[cfg(test)]
mod tests;
