//! The spool as its users see it, on real files, with faults where a test asks for them.

mod appending;
mod crashes;
mod cursors;
mod damage;
mod faulty;
mod full;
mod model;
mod reading;
mod retention;
mod rig;
