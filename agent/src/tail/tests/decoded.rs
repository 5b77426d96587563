//! Batches, read back.

use std::collections::BTreeMap;

use weir_proto::otlp::AnyValueView;
use weir_proto::otlp::logs::{LogRecordView, RequestView};

/// A record with what its batch says about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) file_id: String,
    pub(crate) offset: u64,
    pub(crate) body: String,
    pub(crate) time: u64,
    pub(crate) severity: i32,
    pub(crate) severity_text: String,
    pub(crate) trace_id: Option<[u8; 16]>,
    /// Texts among the record's attributes.
    pub(crate) attributes: BTreeMap<String, String>,
    /// The message that the mark of a JSON body points at, or nothing for a plain one.
    pub(crate) json_message: Option<String>,
    pub(crate) resource: BTreeMap<String, String>,
}

pub(crate) fn decode(payload: &[u8]) -> Vec<Decoded> {
    weir_proto::otlp::check_logs(payload).expect("the tailer writes valid requests");
    let mut records = Vec::new();
    for resource in RequestView::new(payload).resources() {
        let resource = resource.expect("checked");
        let attributes = texts(resource.attributes());
        for scope in resource.scopes() {
            let scope = scope.expect("checked");
            assert_eq!(scope.name().expect("checked"), "weir.tail");
            let file_id = texts(scope.attributes())["weir.file.id"].clone();
            for record in scope.records() {
                let record = record.expect("checked");
                records.push(Decoded {
                    file_id: file_id.clone(),
                    resource: attributes.clone(),
                    ..decode_record(&record)
                });
            }
        }
    }
    records
}

fn decode_record(record: &LogRecordView<'_>) -> Decoded {
    let body = record.body().expect("checked").expect("a body");
    let body = body.as_str().expect("text").to_owned();
    let find = |key| record.attributes().find(key).expect("checked");
    let Some(AnyValueView::Int(offset)) = find("log.offset") else { panic!("no offset") };
    let json_message = match find("weir.json") {
        Some(AnyValueView::Bytes(place)) => Some(slice(&body, place)),
        _ => None,
    };
    Decoded {
        offset: u64::try_from(offset).expect("not negative"),
        json_message,
        time: record.time_unix_nano(),
        severity: record.severity_number(),
        severity_text: record.severity_text().expect("checked").to_owned(),
        trace_id: record.trace_id().expect("checked"),
        attributes: texts(record.attributes()),
        body,
        ..Decoded::default()
    }
}

fn slice(body: &str, place: &[u8]) -> String {
    let number = |at: usize| u32::from_le_bytes(place[at..at + 4].try_into().expect("4 bytes")) as usize;
    body[number(0)..number(0) + number(4)].to_owned()
}

fn texts(attributes: weir_proto::otlp::KeyValues<'_>) -> BTreeMap<String, String> {
    attributes
        .iter()
        .filter_map(|attribute| {
            let attribute = attribute.expect("checked");
            let text = attribute.value().expect("checked").as_str()?.to_owned();
            Some((attribute.key().expect("checked").to_owned(), text))
        })
        .collect()
}
