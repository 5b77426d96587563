//! Free ports.

use std::net::{Ipv4Addr, TcpListener};

/// A loopback port that nothing listens on now. Another process may take it before it is used; starting a server on it
/// fails then, and says so.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}
