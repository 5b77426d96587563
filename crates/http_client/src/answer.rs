//! Reading an answer's body within a limit.

use reqwest::Response;

/// What a server says about the length of its answer is believed up to here; past it the buffer grows with the bytes.
const EXPECTED_MAX: u64 = 1 << 20;

/// The body as a whole, or `None` when it is longer than `bytes_max`; then the connection is closed rather than
/// read to its end. Cancel safe in that a dropped future only closes the connection.
pub async fn read_all(response: &mut Response, bytes_max: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let expected = response.content_length().unwrap_or(0).min(bytes_max as u64).min(EXPECTED_MAX);
    let mut body = Vec::with_capacity(expected as usize);
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > bytes_max {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// The first `bytes_max` bytes of the body as one line of text, for an error message. What cannot be read is left
/// out; control characters become spaces.
pub async fn read_text(response: &mut Response, bytes_max: usize) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = bytes_max - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    let text = String::from_utf8_lossy(&body);
    text.trim().chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
