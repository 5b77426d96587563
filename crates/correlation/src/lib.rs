//! Trace ids, severities and correlation ids found in logs, spans and baggage.
