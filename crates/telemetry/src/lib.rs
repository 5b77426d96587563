//! What weir tells about itself: metrics, health endpoints, logs and traces.
