//! End-to-end tests against the real Prometheus, Elasticsearch and Jaeger.
//!
//! This library holds what the tests need around a built `weir`: the program itself, a target to scrape, writers of log
//! files, and the books read from `/metrics`. The tests are in `tests/`.

mod backends;
mod books;
mod events;
mod local;
mod otlp;
mod page_server;
mod weir;
mod writer;
mod written_files;

pub use backends::Backends;
pub use books::Books;
pub use events::{Event, EventsApi};
pub use local::Local;
pub use otlp::post_until_acknowledged;
pub use page_server::{Page, PageServer};
pub use weir::{Weir, world_readable_folder};
pub use writer::{LineShape, Rotation, Writer};
pub use written_files::{WrittenFiles, while_written};
