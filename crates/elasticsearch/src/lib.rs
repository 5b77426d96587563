//! Elasticsearch bulk indexing with per-item results, deterministic ids and a dead-letter file.
//!
//! A document goes to the data stream named in the URL, under ECS field names. Its id follows from where the record
//! came from, so sending it twice is harmless: the second `create` answers 409, which counts as delivered.
//!
//! | part of a document | from |
//! |---|---|
//! | `@timestamp` | the record's own time, else the time it was observed, else the time weir received it |
//! | `message` | a JSON line's message as it stands there; otherwise the body, as JSON text where it is no text |
//! | `json` | a JSON line's object, unparsed |
//! | `log.level`, `trace.id`, `span.id`, `correlation.id`, `log.offset`, `stream`, `error.*` | the record |
//! | `service.*`, `host.*`, `kubernetes.*`, `container.*`, `cloud.*`, `log.file.*` | the resource |
//! | `attributes`, `labels` | what else the record and the resource have |
//! | `data_stream.*` | the configuration |

mod answer;
mod bulk;
mod codec;
mod dead_letter;
mod document;
mod exporter;
mod fields;
mod id;
mod json;
mod part;
mod sorting;
mod template;
mod timestamp;

pub use exporter::{Elasticsearch, ElasticsearchError, Request};
