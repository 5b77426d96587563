//! What becomes of the documents of a part that were not delivered. All of this blocks, for some milliseconds.

use crate::answer::Refusal;
use crate::codec::Codec;
use crate::dead_letter::DeadLetters;
use crate::part::Part;

/// Sorts documents into the dead-letter file and a part to be sent again.
pub(crate) struct Sorter {
    pub(crate) codec: Codec,
    pub(crate) dead_letters: DeadLetters,
}

/// A part after its refused documents went to the dead-letter file.
pub(crate) struct Sorted {
    pub(crate) dead_letters: u64,
    /// Why the first of them was refused.
    pub(crate) reason: String,
    pub(crate) again: Option<Part>,
    /// What went wrong here.
    pub(crate) trouble: Option<String>,
}

impl Sorted {
    pub(crate) fn all_again(part: Part, trouble: String) -> Self {
        Self { dead_letters: 0, reason: String::new(), again: Some(part), trouble: Some(trouble) }
    }
}

impl Sorter {
    /// Blocks: unpacks, writes and syncs a file, packs.
    pub(crate) fn sort_out(&self, part: &Part, refused: Vec<Refusal>, mut again: Vec<usize>) -> Sorted {
        let open = match part.open() {
            Ok(open) => open,
            Err(error) => return Sorted::all_again(part.clone(), error.to_string()),
        };
        let mut dead_letters = 0;
        let mut trouble = None;
        if !refused.is_empty() {
            match self.dead_letters.write(&open, &refused) {
                Ok(()) => dead_letters = refused.len() as u64,
                Err(error) => {
                    let path = self.dead_letters.path().display();
                    trouble = Some(format!("cannot write dead letters to {path}: {error}"));
                    again.extend(refused.iter().map(|refusal| refusal.position));
                    again.sort_unstable();
                }
            }
        }
        let reason = refused.into_iter().next().map(|refusal| refusal.reason).unwrap_or_default();
        let again = (!again.is_empty()).then(|| open.pick(again, &self.codec));
        Sorted { dead_letters, reason, again, trouble }
    }
}
