//! Checks a JSON log line and finds the few keys weir needs in it, without parsing the rest.
