//! Starts and stops the real servers that end-to-end tests talk to.
