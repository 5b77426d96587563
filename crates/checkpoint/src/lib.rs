//! Replaces a small file so that a crash leaves the old or the new content, never a mixture.
//!
//! | call | costs | content survives |
//! |---|---|---|
//! | [`replace`] with [`Durability::PowerLoss`] | two syncs | the loss of power |
//! | [`replace`] with [`Durability::ProcessCrash`] | a rename; one disk write on ext4 all the same | the process's death |
//! | [`Pair::write`] | one write into the page cache | the process's death |
//! | [`Pair::sync`] | as `replace` with `PowerLoss` | the loss of power |
//!
//! Take a [`Pair`] for what is saved many times per second, [`replace`] otherwise. The files' layout is in
//! `docs/formats/checkpoint.md`. Damage is a value, [`Loaded::Damaged`], not an error: the caller starts over and
//! counts it. A file of a newer version is an error, since starting over would destroy what the newer program needs.

mod envelope;
mod pair;
mod replace;

pub use envelope::{Damage, Format};
pub use pair::Pair;
pub use replace::{Durability, Loaded, ReadError, ReplaceError, read, replace};

#[cfg(test)]
mod tests;
