//! Decisions of a test that proptest can shrink: the fewer there are, the less is done.

/// A list of numbers, drawn one by one; 0 when it has run out.
pub(crate) struct Choices<'a>(std::slice::Iter<'a, u16>);

impl<'a> Choices<'a> {
    pub(crate) fn new(numbers: &'a [u16]) -> Self {
        Self(numbers.iter())
    }

    /// The next number, below `end`; 0 means to do nothing special.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % end.max(1)
    }
}
