use super::Endpoint;

#[test]
fn reads_host_port_and_scheme() {
    let endpoint = Endpoint::parse("http://jaeger:14317", false).expect("it is valid");
    assert_eq!((endpoint.host(), endpoint.grpc_port(), endpoint.is_tls), ("jaeger", 14317, false));
    let endpoint = Endpoint::parse("https://[::1]/", false).expect("it is valid");
    assert_eq!((endpoint.host(), endpoint.grpc_port(), endpoint.is_tls), ("::1", 4317, true));
}

#[test]
fn refuses_what_is_not_an_http_url() {
    for url in
        ["", "jaeger", "jaeger:4317", "grpc://jaeger:4317", "http://", "http://jaeger:4317/?a=b", "/v1"]
    {
        assert_eq!(Endpoint::parse(url, true), None, "{url}");
    }
}

#[test]
fn a_path_and_credentials_are_for_http_only() {
    assert_eq!(Endpoint::parse("http://jaeger:4317/otlp", false), None);
    assert_eq!(Endpoint::parse("http://user:word@jaeger:4317", false), None);
    assert!(Endpoint::parse("http://user:word@jaeger:4318/otlp", true).is_some());
    let endpoint = Endpoint::parse("http://jaeger:4318/otlp/", true).expect("it is valid");
    assert_eq!(endpoint.below_path("/v1/traces"), "http://jaeger:4318/otlp/v1/traces");
    let endpoint = Endpoint::parse("http://jaeger:4318", true).expect("it is valid");
    assert_eq!(endpoint.below_path("/v1/logs"), "http://jaeger:4318/v1/logs");
    assert_eq!(endpoint.with_path("/a.B/C").to_string(), "http://jaeger:4318/a.B/C");
}
