use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use weir_config::{Compression, HttpClientConfig, OtlpExporterConfig, OtlpProtocol, Secret};
use weir_delivery::Exporter;
use weir_model::{Batch, OrderKey, Reason, Signal, UnixNanos};

use super::{BuildError, OtlpExporter, settings};

fn config() -> OtlpExporterConfig {
    OtlpExporterConfig {
        name: "jaeger".to_owned(),
        endpoint: "http://127.0.0.1:4317".to_owned(),
        protocol: OtlpProtocol::Grpc,
        signals: vec![Signal::Traces],
        compression: Compression::None,
        http: HttpClientConfig::default(),
        headers: BTreeMap::new(),
        request_bytes_max: 1 << 20,
        requests_max: 4,
        timeout: Duration::from_secs(10),
    }
}

fn batch(signal: Signal, records: u32) -> Batch {
    Batch { signal, records, key: OrderKey::ANY, received: UnixNanos(0), payload: Bytes::from_static(b"x") }
}

#[test]
fn mistakes_in_the_configuration_are_found_before_anything_is_sent() {
    let built = |edit: fn(&mut OtlpExporterConfig)| {
        let mut config = config();
        edit(&mut config);
        OtlpExporter::new(&config).map(drop)
    };
    assert!(built(|_| ()).is_ok());
    assert!(matches!(built(|config| config.endpoint = "jaeger:4317".into()), Err(BuildError::Endpoint(_))));
    assert!(matches!(built(|config| config.endpoint += "/path"), Err(BuildError::Endpoint(_))));
    assert!(matches!(
        built(|config| config.http.proxy_url = Some("http://proxy:3128".into())),
        Err(BuildError::ProxyWithGrpc)
    ));
    assert!(matches!(
        built(|config| drop(config.headers.insert("no header".into(), Secret("x".into())))),
        Err(BuildError::Header(_))
    ));
    assert!(matches!(
        built(|config| {
            config.endpoint = "https://127.0.0.1:4317".into();
            config.http.tls.ca_file = Some("/does/not/exist".into());
        }),
        Err(BuildError::Client(_))
    ));
}

#[test]
fn records_are_counted_and_metrics_are_not_for_it() {
    let exporter = OtlpExporter::new(&config()).expect("the configuration is valid");
    let encoded = exporter.encode(&[batch(Signal::Traces, 3), batch(Signal::Traces, 4)]);
    assert!(encoded.request.is_some());
    assert_eq!((encoded.records, encoded.dropped), (7, Vec::new()));
    let encoded = exporter.encode(&[batch(Signal::Metrics, 5)]);
    assert!(encoded.request.is_none());
    assert_eq!((encoded.records, encoded.dropped), (0, vec![(Reason::NoExporter, 5)]));
    assert!(exporter.encode(&[]).request.is_none());
}

#[test]
fn the_delivery_loop_gets_the_configured_limits() {
    let settings = settings(&config());
    assert_eq!(
        (settings.exporter.as_str(), settings.requests_max, settings.batch_bytes_max),
        ("jaeger", 4, 1 << 20)
    );
}
