//! Any bytes: the check and prost agree, and the views read what prost reads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::otlp::check_traces;
use weir_proto::wire::WireError;

#[allow(dead_code, unreachable_pub, reason = "each target uses a part")]
#[path = "../../tests/conformance/otlp_seen.rs"]
mod otlp_seen;

fuzz_target!(|bytes: &[u8]| {
    let decoded = ExportTraceServiceRequest::decode(bytes);
    match check_traces(bytes) {
        Ok(records) => {
            let decoded = decoded.expect("prost must accept what the check accepts");
            let scopes = decoded.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            assert_eq!(records, scopes.map(|scope| scope.spans.len() as u64).sum::<u64>());
            assert_eq!(otlp_seen::traces_through_views(bytes), Ok(otlp_seen::seen_of_traces(decoded)));
        }
        Err(error) => {
            let stricter = matches!(error, WireError::IdLength | WireError::Repeated);
            assert!(stricter || decoded.is_err(), "{error}, but prost accepts it");
            let _ = otlp_seen::traces_through_views(bytes);
        }
    }
});
