//! The grammar of RFC 8259, read from left to right.

use std::ops::Range;

use crate::swar::{find_quote, find_special, is_plain};

/// A place in a line. Every step returns `None` where the line breaks the grammar.
pub(crate) struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
    /// The line is ASCII without control characters and backslashes, so that a string ends at the next quote. Most
    /// lines are like that, and to see it for a whole line at once costs less than to look for it in each string.
    is_plain: bool,
}

/// Where a value stands in a line; of a string its content, without the quotes. Small enough for two registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) kind: TokenKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A string.
    Text,
    /// A string with a backslash in it, so that its bytes are not its value.
    EscapedText,
    Number,
    /// `true`, `false`, `null`, an object or an array.
    Other,
}

impl Token {
    /// `range` lies in a line below 4 GiB.
    #[inline]
    fn new(range: Range<usize>, kind: TokenKind) -> Self {
        Self { start: range.start as u32, end: range.end as u32, kind }
    }

    #[inline]
    pub(crate) fn of(self, line: &[u8]) -> &[u8] {
        &line[self.start as usize..self.end as usize]
    }
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(line: &'a [u8]) -> Self {
        Self { line, at: 0, is_plain: is_plain(line) }
    }

    /// Whether the line was read to its end.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.line.len()
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    #[inline]
    pub(crate) fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Reads the object that starts here. `member` is called at each member's value and has to read it.
    #[inline]
    pub(crate) fn object(&mut self, mut member: impl FnMut(&mut Self, Token) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.skip_space();
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = self.string()?;
            self.skip_space();
            if self.next()? != b':' {
                return None;
            }
            self.skip_space();
            member(self, key)?;
            self.skip_space();
            match self.next()? {
                b',' => self.skip_space(),
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Reads a value, in which objects and arrays may be nested `depth` levels deep.
    #[inline]
    pub(crate) fn value(&mut self, depth: u32) -> Option<Token> {
        match self.peek()? {
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(),
            b'{' => self.skip_object(depth),
            b'[' => self.skip_array(depth),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => None,
        }
    }

    fn skip_object(&mut self, depth: u32) -> Option<Token> {
        let inner = depth.checked_sub(1)?;
        let start = self.at;
        self.object(|cursor, _| cursor.value(inner).map(drop))?;
        Some(Token::new(start..self.at, TokenKind::Other))
    }

    fn skip_array(&mut self, depth: u32) -> Option<Token> {
        let inner = depth.checked_sub(1)?;
        let start = self.at;
        self.at += 1;
        self.skip_space();
        if self.peek()? == b']' {
            self.at += 1;
            return Some(Token::new(start..self.at, TokenKind::Other));
        }
        loop {
            self.value(inner)?;
            self.skip_space();
            match self.next()? {
                b',' => self.skip_space(),
                b']' => return Some(Token::new(start..self.at, TokenKind::Other)),
                _ => return None,
            }
        }
    }

    fn literal(&mut self, word: &[u8]) -> Option<Token> {
        let start = self.at;
        self.at += word.len();
        (self.line.get(start..self.at)? == word).then(|| Token::new(start..self.at, TokenKind::Other))
    }

    fn number(&mut self) -> Option<Token> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.next()? {
            b'0' => {}
            b'1'..=b'9' => self.skip_digits(),
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(Token::new(start..self.at, TokenKind::Number))
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        self.skip_digits();
        (self.at > start).then_some(())
    }

    #[inline]
    fn skip_digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    /// Reads a string: 8 bytes at a time up to what ends it or needs a closer look.
    #[inline]
    fn string(&mut self) -> Option<Token> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        if self.is_plain {
            let end = find_quote(self.line, start)?;
            self.at = end + 1;
            return Some(Token::new(start..end, TokenKind::Text));
        }
        self.any_string(start)
    }

    #[inline(never)]
    fn any_string(&mut self, start: usize) -> Option<Token> {
        let end = find_special::<true>(self.line, start)?;
        if self.line[end] == b'"' {
            self.at = end + 1;
            return Some(Token::new(start..end, TokenKind::Text));
        }
        self.special_string(start, end)
    }

    /// A string in which something other than plain ASCII text stands at `at`.
    #[inline(never)]
    fn special_string(&mut self, start: usize, mut at: usize) -> Option<Token> {
        let mut kind = TokenKind::Text;
        let mut is_ascii = true;
        loop {
            match self.line[at] {
                b'"' => break,
                b'\\' => {
                    kind = TokenKind::EscapedText;
                    at = skip_escape(self.line, at)?;
                }
                0x80.. => is_ascii = false,
                _ => return None,
            }
            at = if is_ascii {
                find_special::<true>(self.line, at)?
            } else {
                find_special::<false>(self.line, at)?
            };
        }
        if !is_ascii {
            // Once for the whole text, as what is UTF-8 cannot be told from a part.
            simdutf8::basic::from_utf8(&self.line[start..at]).ok()?;
        }
        self.at = at + 1;
        Some(Token::new(start..at, kind))
    }
}

/// The place after the escape at `at`. A surrogate has to be half of a pair, since alone it is no character.
fn skip_escape(line: &[u8], at: usize) -> Option<usize> {
    match line.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' => match code_unit(line, at)? {
            0xd800..=0xdbff => {
                let low = code_unit(line, at + 6)?;
                (0xdc00..=0xdfff).contains(&low).then_some(at + 12)
            }
            0xdc00..=0xdfff => None,
            _ => Some(at + 6),
        },
        _ => None,
    }
}

/// The number of the `\uXXXX` at `at`.
fn code_unit(line: &[u8], at: usize) -> Option<u32> {
    let digits = line.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?))
}
