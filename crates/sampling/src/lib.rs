//! OpenTelemetry consistent probability sampling: thresholds, randomness, tracestate.
