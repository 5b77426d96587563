//! The tier behind the agents: trace assembly, tail sampling, span metrics.
