//! Who may read the API and the console (docs/api.md, Access): no other machine without a token, no other site at all.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// What the pages may load and run: only what this server gives, and nothing written into a page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Who may read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What every request of the API must show; needed by any but a loopback address.
    pub token: Option<String>,
    /// Host names that may be used, besides `localhost` and addresses.
    pub host_names: Vec<String>,
    /// What `/status` says.
    pub version: &'static str,
}

/// An address that must not be listened on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} can be reached from other machines, which needs a token: give one with --token-file, or listen on 127.0.0.1"
)]
pub struct AddressError(SocketAddr);

/// Whether `address` may be listened on: any but a loopback address needs a token.
///
/// # Errors
/// It may not.
pub fn check_address(address: SocketAddr, token: Option<&str>) -> Result<(), AddressError> {
    if address.ip().is_loopback() || token.is_some() { Ok(()) } else { Err(AddressError(address)) }
}

/// The rules of a server on one port.
pub(crate) struct Access {
    token: Option<Token>,
    host_names: Vec<String>,
}

/// The token, and the cookie that holds it. Cookies do not tell ports apart, so the name does.
struct Token {
    text: String,
    cookie_name: String,
    /// Hexadecimal digits, which any token becomes without losing anything and a cookie may hold.
    cookie_value: String,
}

impl Access {
    pub(crate) fn new(settings: &Settings, port: u16) -> Self {
        let token = settings.token.as_ref().map(|text| Token {
            text: text.clone(),
            cookie_name: format!("weir-token-{port}"),
            cookie_value: text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        });
        let host_names = settings.host_names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { token, host_names }
    }

    /// Goes through the rules in order; the answer of the first that is broken, or of a token that was taken.
    fn refuse(&self, request: &Request) -> Option<Response> {
        let (uri, headers) = (request.uri(), request.headers());
        if let Err(error) = self.check_host(headers).and_then(|()| check_origin(uri, headers)) {
            return Some(error.into_response());
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return Some(method_not_allowed());
        }
        let token = self.token.as_ref()?;
        if is_api(uri) {
            token.check(headers).err().map(IntoResponse::into_response)
        } else {
            token.take_from(uri)
        }
    }

    /// A page of another site can make its own name point here; then the browser sends that name.
    fn check_host(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let host = text(headers, &header::HOST).map(host_name).unwrap_or_default();
        let is_address = host.parse::<IpAddr>().is_ok();
        if is_address || host == "localhost" || self.host_names.contains(&host) {
            return Ok(());
        }
        let message = format!("the host name {host:?} is not one of this server's");
        Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden_host", message)
            .with_remedy("use localhost or an address, or start weir dev with --host-name NAME"))
    }
}

impl Token {
    fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let bearer = text(headers, &header::AUTHORIZATION).and_then(|value| value.split_once(' '));
        let is_bearer = bearer.is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer") && is_same(token.trim(), &self.text)
        });
        if is_bearer || self.is_in_cookie(headers) {
            return Ok(());
        }
        Err(unauthorized())
    }

    fn is_in_cookie(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == self.cookie_name && is_same(value, &self.cookie_value))
    }

    /// Takes the token out of a page's address: sets the cookie and sends the browser to the address without it.
    fn take_from(&self, uri: &Uri) -> Option<Response> {
        let pairs: Vec<_> = form_urlencoded::parse(uri.query()?.as_bytes()).collect();
        let (_, given) = pairs.iter().find(|(name, _)| name == "token")?;
        if !is_same(given, &self.text) {
            return Some(unauthorized().into_response());
        }
        let rest = pairs.iter().filter(|(name, _)| name != "token");
        let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish();
        // More than one slash at the front would be another host's address.
        let path = format!("/{}", uri.path().trim_start_matches(['/', '\\']));
        let location = if rest.is_empty() { path } else { format!("{path}?{rest}") };
        let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie_name, self.cookie_value);
        Some(
            (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::SET_COOKIE, cookie)])
                .into_response(),
        )
    }
}

/// Checks every request, and puts the headers on every answer.
pub(crate) async fn guard(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let of_api = is_api(request.uri());
    let mut response = match access.refuse(&request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if of_api || !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// What the script of another site's page sends says so. Links to pages work from anywhere.
fn check_origin(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    let host = text(headers, &header::HOST).unwrap_or_default();
    let is_own =
        |origin: &str| origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host));
    let origin = headers.get(header::ORIGIN);
    let has_foreign_origin = origin.is_some_and(|value| !value.to_str().is_ok_and(is_own));
    let is_foreign = matches!(text(headers, &SEC_FETCH_SITE), Some("cross-site" | "same-site"));
    let is_link = text(headers, &SEC_FETCH_MODE) == Some("navigate") && !is_api(uri);
    if !has_foreign_origin && (!is_foreign || is_link) {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden_origin", "the request came from another site's page")
        .with_remedy("open the console's own address"))
}

fn is_api(uri: &Uri) -> bool {
    uri.path() == "/api" || uri.path().starts_with("/api/")
}

/// The name in a `Host` header: no port, no brackets, no dot at its end.
fn host_name(host: &str) -> String {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Takes as long whatever the first difference is.
fn is_same(given: &str, wanted: &str) -> bool {
    let differences = given.bytes().zip(wanted.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == wanted.len() && std::hint::black_box(differences) == 0
}

fn unauthorized() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "a token is needed, or this one is wrong")
        .with_remedy(
            "open the console with ?token=TOKEN behind its address, or send Authorization: Bearer TOKEN",
        )
}

fn method_not_allowed() -> Response {
    let error =
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "only GET and HEAD work here")
            .with_remedy("nothing is changed through this API");
    let mut response = error.into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

#[cfg(test)]
mod tests;
