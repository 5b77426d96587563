//! Replaces a small file so that a crash leaves the old or the new content, never a mixture.
