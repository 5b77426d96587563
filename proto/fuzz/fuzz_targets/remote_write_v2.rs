//! Any bytes: the views read what prost reads, and joining a request with itself doubles it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use weir_proto::generated::remote_write_v2::Request;
use weir_proto::remote_write_v2::{count_records, join};

#[allow(unreachable_pub, reason = "shared with the tests")]
#[path = "../../tests/conformance/remote_write_v2_seen.rs"]
mod remote_write_v2_seen;

use remote_write_v2_seen::{metrics_through_views, seen_of_metrics};

fuzz_target!(|bytes: &[u8]| {
    let seen = metrics_through_views(bytes);
    let joined = join([bytes, bytes]);
    if let Ok(decoded) = Request::decode(bytes) {
        let records = decoded.timeseries.iter().map(|series| series.samples.len() + series.histograms.len());
        let records = records.sum::<usize>() as u64;
        assert_eq!(count_records(bytes), Ok(records));
        assert_eq!(seen, Ok(seen_of_metrics(decoded)));
        if let Ok(joined) = joined {
            assert_eq!(count_records(&joined), Ok(2 * records));
            Request::decode(joined.as_slice()).expect("what is joined of sound requests is sound");
        }
    }
});
