//! OTLP over gRPC and HTTP, body bytes unparsed at the door.
