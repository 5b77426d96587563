//! Go's regular expression syntax, rewritten into that of the `regex` crate.
//!
//! Prometheus' rules are written for Go's `regexp` (RE2 syntax, <https://pkg.go.dev/regexp/syntax>). The `regex`
//! crate shares its matching rules and most of its syntax. What differs is rewritten here: `\d \s \w \b` are ASCII
//! only, `\Q...\E` quotes, `{` that begins no repetition is a literal, brackets hold no nested sets or set
//! operations, an escaped punctuation mark always stands for itself. What Go refuses and the crate would accept
//! (stacked repetitions, counts above 1000, flags other than `imsU`) is refused.

use std::fmt::Write as _;

/// Go's limit on a repetition count.
const REPEAT_MAX: u32 = 1000;

/// Why a pattern is not one of Go's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SyntaxError {
    #[error("trailing backslash at end of expression")]
    TrailingBackslash,
    #[error("invalid escape sequence `\\{0}`")]
    Escape(String),
    #[error("missing closing ]")]
    Bracket,
    #[error("invalid character class range `{0}-{1}`")]
    Range(char, char),
    #[error("invalid nested repetition operator")]
    NestedRepeat,
    #[error("invalid repeat count")]
    RepeatCount,
    #[error("invalid or unsupported flag `{0}`")]
    Flag(char),
}

/// Rewrites `pattern`. Mistakes that both syntaxes share are left for the `regex` crate to find.
pub(crate) fn translate(pattern: &str) -> Result<String, SyntaxError> {
    let mut translator = Translator { rest: pattern, out: String::with_capacity(pattern.len() + 8) };
    translator.expression()?;
    Ok(translator.out)
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
}

impl Translator<'_> {
    fn expression(&mut self) -> Result<(), SyntaxError> {
        let mut after_repeat = false;
        while let Some(first) = self.rest.chars().next() {
            let repeat = match first {
                '*' | '+' | '?' => Some(1),
                '{' => repeat_len(self.rest)?,
                _ => None,
            };
            if let Some(len) = repeat {
                if after_repeat {
                    return Err(SyntaxError::NestedRepeat);
                }
                self.copy(len);
                if self.rest.starts_with('?') {
                    self.copy(1);
                }
                after_repeat = true;
                continue;
            }
            after_repeat = false;
            match first {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' => {
                    self.skip(1);
                    self.literal('{');
                }
                _ => self.copy(first.len_utf8()),
            }
        }
        Ok(())
    }

    fn copy(&mut self, len: usize) {
        self.out.push_str(&self.rest[..len]);
        self.skip(len);
    }

    fn skip(&mut self, len: usize) {
        self.rest = &self.rest[len..];
    }

    fn take(&mut self) -> Option<char> {
        let first = self.rest.chars().next()?;
        self.skip(first.len_utf8());
        Some(first)
    }

    /// A literal character, in a form that means the same inside and outside of brackets.
    fn literal(&mut self, character: char) {
        if character.is_alphanumeric() || !character.is_ascii() {
            self.out.push(character);
        } else {
            write!(self.out, "\\x{:02X}", character as u32).expect("a String takes any text");
        }
    }

    /// `(`, with the flags of `(?flags` checked.
    fn group(&mut self) -> Result<(), SyntaxError> {
        self.copy(1);
        if !self.rest.starts_with('?') {
            return Ok(());
        }
        self.copy(1);
        if self.rest.starts_with("P<") || self.rest.starts_with('<') {
            return Ok(());
        }
        let flags = self.rest.find([')', ':']).unwrap_or(self.rest.len());
        match self.rest[..flags].chars().find(|flag| !matches!(flag, 'i' | 'm' | 's' | 'U' | '-')) {
            Some(flag) => Err(SyntaxError::Flag(flag)),
            None => {
                self.copy(flags);
                Ok(())
            }
        }
    }

    /// A backslash outside of brackets.
    fn escape(&mut self) -> Result<(), SyntaxError> {
        self.skip(1);
        match self.rest.chars().next() {
            Some('b') => self.replace("(?-u:\\b)"),
            Some('B') => self.replace("(?-u:\\B)"),
            Some('A') => self.replace("\\A"),
            Some('z') => self.replace("\\z"),
            Some('Q') => {
                self.skip(1);
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                for character in quoted.chars() {
                    self.literal(character);
                }
            }
            _ => {
                if !self.set_escape(false) {
                    let character = self.character_escape()?;
                    self.literal(character);
                }
            }
        }
        Ok(())
    }

    fn replace(&mut self, text: &str) {
        self.skip(1);
        self.out.push_str(text);
    }

    /// `\d`, `\pL` and their like after the backslash. False when there is none.
    fn set_escape(&mut self, inside_brackets: bool) -> bool {
        let set = match self.rest.chars().next() {
            Some('d' | 'D') => "0-9",
            Some('s' | 'S') => "\\t\\n\\f\\r ",
            Some('w' | 'W') => "0-9A-Za-z_",
            Some('p' | 'P') => {
                self.unicode_class();
                return true;
            }
            _ => return false,
        };
        let negated = self.rest.starts_with(|character: char| character.is_ascii_uppercase());
        match (inside_brackets, negated) {
            (true, false) => self.replace(set),
            (_, negated) => self.replace(&format!("[{}{set}]", if negated { "^" } else { "" })),
        }
        true
    }

    /// `pN`, `p{Greek}`, `p{^Greek}`, `P...`.
    fn unicode_class(&mut self) {
        let negated = self.rest.starts_with('P');
        self.skip(1);
        if let Some(rest) = self.rest.strip_prefix("{^") {
            self.rest = rest;
            self.out.push_str(if negated { "\\p{" } else { "\\P{" });
        } else {
            self.out.push_str(if negated { "\\P" } else { "\\p" });
        }
    }

    /// The character that an escape after the backslash stands for.
    fn character_escape(&mut self) -> Result<char, SyntaxError> {
        let first = self.take().ok_or(SyntaxError::TrailingBackslash)?;
        match first {
            '1'..='7' if !self.rest.starts_with(|next: char| ('0'..='7').contains(&next)) => {
                Err(SyntaxError::Escape(first.to_string()))
            }
            '0'..='7' => {
                let more = self.rest.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                let digits = format!("{first}{}", &self.rest[..more]);
                self.skip(more);
                code_point(&digits, 8)
            }
            'x' => self.hexadecimal(),
            'a' => Ok('\x07'),
            'f' => Ok('\x0c'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\x0b'),
            _ if first.is_ascii() && !first.is_ascii_alphanumeric() => Ok(first),
            _ => Err(SyntaxError::Escape(first.to_string())),
        }
    }

    /// What follows `\x`: two digits, or any number in braces.
    fn hexadecimal(&mut self) -> Result<char, SyntaxError> {
        let (digits, rest) = match self.rest.strip_prefix('{') {
            Some(braced) => braced.split_once('}'),
            None => self.rest.split_at_checked(2),
        }
        .ok_or_else(|| SyntaxError::Escape("x".to_owned()))?;
        self.rest = rest;
        code_point(digits, 16)
    }

    /// A bracket expression.
    fn class(&mut self) -> Result<(), SyntaxError> {
        self.copy(1);
        if self.rest.starts_with('^') {
            self.copy(1);
        }
        let mut first = true;
        loop {
            match self.rest.chars().next() {
                None => return Err(SyntaxError::Bracket),
                Some(']') if !first => {
                    self.copy(1);
                    return Ok(());
                }
                Some('[') if self.posix_class() => {}
                Some('\\') if self.class_set_escape() => {}
                Some(_) => self.class_range()?,
            }
            first = false;
        }
    }

    /// `[:alpha:]` inside brackets.
    fn posix_class(&mut self) -> bool {
        match self.rest.strip_prefix("[:").and_then(|rest| rest.find(":]")) {
            Some(len) => {
                self.copy(len + 4);
                true
            }
            None => false,
        }
    }

    fn class_set_escape(&mut self) -> bool {
        let backslash = self.rest;
        self.skip(1);
        let found = self.set_escape(true);
        if !found {
            self.rest = backslash;
        }
        found
    }

    /// A character or a range of them inside brackets.
    fn class_range(&mut self) -> Result<(), SyntaxError> {
        let low = self.class_character()?;
        self.literal(low);
        let mut next = self.rest.chars();
        if next.next() == Some('-') && next.next().is_some_and(|character| character != ']') {
            self.copy(1);
            let high = self.class_character()?;
            if high < low {
                return Err(SyntaxError::Range(low, high));
            }
            self.literal(high);
        }
        Ok(())
    }

    fn class_character(&mut self) -> Result<char, SyntaxError> {
        match self.take().ok_or(SyntaxError::Bracket)? {
            '\\' => self.character_escape(),
            character => Ok(character),
        }
    }
}

fn code_point(digits: &str, radix: u32) -> Result<char, SyntaxError> {
    u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .ok_or_else(|| SyntaxError::Escape(digits.to_owned()))
}

/// The length of `{n}`, `{n,}` or `{n,m}` at the start of `text`; `None` when the brace is a literal.
fn repeat_len(text: &str) -> Result<Option<usize>, SyntaxError> {
    let Some(end) = text.find('}') else { return Ok(None) };
    let (low, high) = match text[1..end].split_once(',') {
        Some((low, high)) => (low, high),
        None => (&text[1..end], &text[1..end]),
    };
    if !is_count(low) || !(high.is_empty() || is_count(high)) {
        return Ok(None);
    }
    let count = |digits: &str| digits.parse::<u32>().ok().filter(|&count| count <= REPEAT_MAX);
    let low = count(low).ok_or(SyntaxError::RepeatCount)?;
    if !high.is_empty() && count(high).ok_or(SyntaxError::RepeatCount)? < low {
        return Err(SyntaxError::RepeatCount);
    }
    Ok(Some(end + 1))
}

/// Decimal digits without a leading zero.
fn is_count(digits: &str) -> bool {
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'))
}

#[cfg(test)]
mod tests;
