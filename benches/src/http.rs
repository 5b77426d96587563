//! As much of HTTP/1.1 as loads and sinks need: requests with a Content-Length on a connection that stays open.

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;

/// A request.
#[derive(Debug, Default)]
pub struct Request {
    /// Method, path and version.
    pub line: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// Reads the next request into `self`, reusing its buffers; false at the connection's end.
    ///
    /// # Errors
    /// The connection broke, or what came is no such request.
    pub fn read(&mut self, stream: &mut BufReader<TcpStream>) -> io::Result<bool> {
        self.headers.clear();
        self.line.clear();
        if stream.read_line(&mut self.line)? == 0 {
            return Ok(false);
        }
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            self.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = self.header("content-length").and_then(|value| value.parse().ok()).unwrap_or_default();
        self.body.resize(length, 0);
        stream.read_exact(&mut self.body)?;
        Ok(true)
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}
