//! A place in a page.

use memchr::{memchr2, memchr3};

use crate::Reason;

/// Reads bytes and the tokens that both formats share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.at]
    }

    /// Steps over `byte` if it is next.
    #[inline]
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Steps over `text` if it is next.
    pub(crate) fn eat_text(&mut self, text: &[u8]) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Steps over blanks and tabs.
    pub(crate) fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Steps to the next line end, which is not taken; to the end when there is none.
    pub(crate) fn line_rest(&mut self) -> &'a [u8] {
        let start = self.at;
        self.at += memchr::memchr(b'\n', self.rest()).unwrap_or(self.rest().len());
        self.since(start)
    }

    /// Takes a metric name: letters, digits, `_` and `:`, a digit not first.
    pub(crate) fn metric_name(&mut self) -> Option<&'a [u8]> {
        self.word(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')
    }

    /// Takes a label name: letters, digits and `_`, a digit not first.
    pub(crate) fn label_name(&mut self) -> Option<&'a [u8]> {
        self.word(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    fn word(&mut self, allowed: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        let rest = self.rest();
        let len = rest.iter().take_while(|&&byte| allowed(byte)).count();
        let word = &rest[..len];
        if word.first().is_none_or(u8::is_ascii_digit) {
            return None;
        }
        self.at += len;
        Some(word)
    }

    /// Takes a name in quotes and gives what is between them. Line ends are allowed in it, NUL is not.
    pub(crate) fn quoted_name(&mut self) -> Option<&'a [u8]> {
        self.quoted(|rest| memchr3(b'"', b'\\', 0, rest))
    }

    /// Takes a label value in quotes and gives what is between them, which is UTF-8.
    pub(crate) fn label_value(&mut self, line_ends: bool) -> Result<&'a [u8], Reason> {
        let value =
            if line_ends { self.quoted(|rest| memchr2(b'"', b'\\', rest)) } else { self.quoted_line() };
        let value = value.ok_or(Reason::LabelValue)?;
        std::str::from_utf8(value).map_err(|_| Reason::Utf8)?;
        Ok(value)
    }

    /// Takes a text in quotes within one line and gives what is between them.
    pub(crate) fn quoted_line(&mut self) -> Option<&'a [u8]> {
        self.quoted(|rest| memchr3(b'"', b'\\', b'\n', rest))
    }

    /// Takes `"..."`. `find` gives the next quote, backslash or byte that is not allowed.
    fn quoted(&mut self, find: impl Fn(&[u8]) -> Option<usize>) -> Option<&'a [u8]> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        let mut at = start;
        loop {
            at += find(self.bytes.get(at..)?)?;
            match self.bytes[at] {
                b'"' => {
                    self.at = at + 1;
                    return Some(&self.bytes[start..at]);
                }
                b'\\' if self.bytes.get(at + 1).is_some_and(|escaped| !matches!(escaped, b'\n' | 0)) => {
                    at += 2
                }
                _ => return None,
            }
        }
    }
}
