//! The server over a real socket, with a real store behind it.

mod access;
mod answers;
mod parameters;
mod stage;
mod streams;
