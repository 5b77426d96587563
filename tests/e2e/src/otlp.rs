//! An OTLP sender that does not give up: what it returned from has been acknowledged.

use std::time::{Duration, Instant};

/// POSTs a protobuf body until it is answered with 200. A connection that breaks half way is tried again, so the
/// receiver may have had the body before: at least once.
pub fn post_until_acknowledged(url: &str, body: &[u8], timeout: Duration) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .build()
        .into();
    let deadline = Instant::now() + timeout;
    loop {
        let answer = agent.post(url).content_type("application/x-protobuf").send(body);
        let complaint = match answer {
            Ok(answer) if answer.status() == 200 => return,
            Ok(answer) => answer.status().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(Instant::now() < deadline, "POST {url}: not acknowledged within {timeout:?}: {complaint}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
