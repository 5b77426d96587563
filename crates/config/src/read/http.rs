//! `<http_config>`, which stands among the settings of a job or an exporter.

use std::collections::BTreeMap;

use crate::read::global::FALSE;
use crate::section::{Section, secret};
use crate::shape::{Environment, Field, Kind, Shape, only, refused};
use crate::value::Value;
use crate::{Authorization, BasicAuth, HttpClientConfig, Secret, TlsConfig};

/// Scheme of credentials when none is named.
const BEARER: &str = "Bearer";

/// Headers that weir sets itself or that belong to the connection; Prometheus refuses them too.
const RESERVED_HEADERS: [&str; 15] = [
    "authorization",
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-prometheus-scrape-timeout-seconds",
];

/// Prometheus' `<http_config>`.
pub(crate) static HTTP_CLIENT: Shape = Shape {
    name: "http_client",
    doc: "How a client connects and who it says it is.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("basic_auth", Kind::Section(&BASIC_AUTH), "Credentials of `Authorization: Basic`."),
        Field::new("authorization", Kind::Section(&AUTHORIZATION), "Credentials of any other scheme."),
        Field::new("bearer_token", Kind::Secret, "The old spelling of `authorization.credentials`."),
        Field::new("bearer_token_file", Kind::Path, "The old spelling of `authorization.credentials_file`."),
        Field::new("tls_config", Kind::Section(&TLS), "TLS."),
        Field::new("proxy_url", Kind::Url(&["http", "https"]), "A proxy for every request."),
        Field::new("follow_redirects", Kind::Flag, "Whether redirects are followed.").or("true"),
        Field::new(
            "http_headers",
            Kind::Map(&Kind::Section(&HEADER)),
            "Headers put on every request, each with one value.",
        ),
        only("enable_http2", FALSE, "leave it out: weir speaks HTTP/1.1 to this side"),
        only("proxy_from_environment", FALSE, "name the proxy in proxy_url"),
        refused("no_proxy", "leave out proxy_url where no proxy is wanted"),
        refused("proxy_connect_header", "put credentials into proxy_url"),
        refused("oauth2", "put a token into a file and name it in authorization.credentials_file"),
    ],
    includes: &[],
};

static BASIC_AUTH: Shape = Shape {
    name: "basic_auth",
    doc: "A user name and a password, or the file that holds it.",
    environment: Environment::Expanded,
    fields: &[
        Field::new("username", Kind::Text, "The user name."),
        Field::new("password", Kind::Secret, "The password."),
        Field::new("password_file", Kind::Path, "The file that holds the password; read at each use."),
        refused("username_file", "write the name into username, as ${NAME} if it comes from the environment"),
        refused("username_ref", "use username"),
        refused("password_ref", "use password_file"),
    ],
    includes: &[],
};

static AUTHORIZATION: Shape = Shape {
    name: "authorization",
    doc: "A scheme and credentials, or the file that holds them.",
    environment: Environment::Expanded,
    fields: &[
        Field::new("type", Kind::Text, "The scheme.").or(BEARER),
        Field::new("credentials", Kind::Secret, "The credentials."),
        Field::new("credentials_file", Kind::Path, "The file that holds the credentials; read at each use."),
        refused("credentials_ref", "use credentials_file"),
    ],
    includes: &[],
};

static TLS: Shape = Shape {
    name: "tls_config",
    doc: "Certificates of a client's connections.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("ca_file", Kind::Path, "Certificate authority, PEM. The system's when absent."),
        Field::new("cert_file", Kind::Path, "Client certificate, PEM."),
        Field::new("key_file", Kind::Path, "Client key, PEM."),
        Field::new(
            "server_name",
            Kind::Text,
            "The name in the server's certificate, when not the URL's host.",
        ),
        Field::new("insecure_skip_verify", Kind::Flag, "Accepts any certificate. For tests.").or("false"),
        refused("ca", "put it into a file and name it in ca_file"),
        refused("cert", "put it into a file and name it in cert_file"),
        refused("key", "put it into a file and name it in key_file"),
        refused("ca_ref", "use ca_file"),
        refused("cert_ref", "use cert_file"),
        refused("key_ref", "use key_file"),
        only("min_version", &["TLS12"], "leave it out: weir speaks TLS 1.2 and 1.3"),
        only("max_version", &["TLS13"], "leave it out: weir speaks TLS 1.2 and 1.3"),
    ],
    includes: &[],
};

static HEADER: Shape = Shape {
    name: "http_header",
    doc: "The value of a header.",
    environment: Environment::Expanded,
    fields: &[
        Field::new("values", Kind::List(&Kind::Secret), "A list of one value."),
        Field::new(
            "secrets",
            Kind::List(&Kind::Secret),
            "A list of one value, under Prometheus' other name.",
        ),
        refused("files", "write the value into secrets, as ${NAME} if it comes from the environment"),
    ],
    includes: &[],
};

/// Reads the settings of [`HTTP_CLIENT`] among those of `section`.
pub(crate) fn read(section: &Section<'_>) -> HttpClientConfig {
    let config = HttpClientConfig {
        basic_auth: section.section("basic_auth").map(|basic| basic_auth(&basic)),
        authorization: authorization(section),
        tls: section.section("tls_config").map(|tls| tls_config(&tls)).unwrap_or_default(),
        proxy_url: section.url("proxy_url"),
        follow_redirects: section.flag("follow_redirects"),
        headers: headers(section),
    };
    let ways = ["basic_auth", "authorization", "bearer_token", "bearer_token_file"];
    let used: Vec<&str> = ways.into_iter().filter(|way| section.has(way)).collect();
    if let [first, second, ..] = used[..] {
        section.mistake(second, format!("stands beside {first}"), "keep one way to say who weir is");
    }
    config
}

/// Reports header names that weir sets itself.
pub(crate) fn check_header(name: &str, value: &Value<'_>) {
    if RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        let hint =
            "credentials belong into basic_auth or authorization; the other reserved headers are weir's own";
        value.mistake_with(format!("the header {name} cannot be set"), hint);
    }
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(valid) {
        value.mistake("is not a header's name");
    }
}

fn basic_auth(section: &Section<'_>) -> BasicAuth {
    let basic = BasicAuth {
        username: section.text("username").unwrap_or_default(),
        password: section.secret("password"),
        password_file: section.path("password_file"),
    };
    exclusive(section, "password", "password_file");
    basic
}

fn authorization(section: &Section<'_>) -> Option<Authorization> {
    let (token, token_file) = (section.secret("bearer_token"), section.path("bearer_token_file"));
    if let Some(given) = section.section("authorization") {
        return Some(scheme_and_credentials(&given));
    }
    let named = token.is_some() || token_file.is_some();
    named.then(|| Authorization { kind: BEARER.to_owned(), credentials: token, credentials_file: token_file })
}

fn scheme_and_credentials(section: &Section<'_>) -> Authorization {
    let kind = section.text("type").map(|kind| kind.trim().to_owned()).filter(|kind| !kind.is_empty());
    let kind = kind.unwrap_or_else(|| BEARER.to_owned());
    if kind.eq_ignore_ascii_case("basic") {
        section.mistake("type", "cannot be `basic`", "use basic_auth");
    }
    exclusive(section, "credentials", "credentials_file");
    Authorization {
        kind,
        credentials: section.secret("credentials"),
        credentials_file: section.path("credentials_file"),
    }
}

fn tls_config(section: &Section<'_>) -> TlsConfig {
    let tls = TlsConfig {
        ca_file: section.path("ca_file"),
        cert_file: section.path("cert_file"),
        key_file: section.path("key_file"),
        server_name: section.text("server_name"),
        insecure_skip_verify: section.flag("insecure_skip_verify"),
    };
    for (one, other) in [("cert_file", "key_file"), ("key_file", "cert_file")] {
        if section.has(one) && !section.has(other) {
            section.mistake(
                one,
                format!("needs {other}"),
                "a client certificate is a certificate and its key",
            );
        }
    }
    tls
}

fn headers(section: &Section<'_>) -> BTreeMap<String, Secret> {
    let mut headers = BTreeMap::new();
    for (name, value) in section.map("http_headers") {
        check_header(&name, &value);
        let header = Section::open(value.clone(), &HEADER);
        let mut values: Vec<Secret> =
            ["values", "secrets"].iter().flat_map(|key| header.items(key)).filter_map(secret).collect();
        match (values.pop(), values.is_empty()) {
            (Some(only), true) => drop(headers.insert(name, only)),
            _ => value.mistake_with("does not have exactly one value", "join several values by a comma"),
        }
    }
    headers
}

fn exclusive(section: &Section<'_>, one: &'static str, other: &'static str) {
    if section.has(one) && section.has(other) {
        section.mistake(other, format!("stands beside {one}"), "keep one of the two");
    }
}
