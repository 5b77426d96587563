//! Values with a form of their own.

use std::fmt;

/// A text that is never printed: `Debug` and the configuration page show `<secret>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}
