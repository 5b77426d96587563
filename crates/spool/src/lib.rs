//! The durable log between receivers and exporters: segments, frames, cursors.
