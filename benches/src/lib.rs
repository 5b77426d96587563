//! Benchmarks: the floors, weir and its peers side by side in one run.
