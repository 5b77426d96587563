//! OTLP over gRPC and HTTP to Jaeger or another weir.
