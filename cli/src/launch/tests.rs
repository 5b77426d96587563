//! What is said about a failure.

use super::whole;

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("open the spool: {0}")]
    Quoting(#[source] std::io::Error),
    #[error("open the spool")]
    Plain(#[source] std::io::Error),
}

#[test]
fn a_cause_is_told_once_whether_or_not_the_error_quotes_it() {
    let cause = || std::io::Error::other("it is locked");
    assert_eq!(whole(&Failure::Quoting(cause())), "open the spool: it is locked");
    assert_eq!(whole(&Failure::Plain(cause())), "open the spool: it is locked");
}
