//! Who may read, and what every answer says about itself.

use super::stage::Stage;

const STATUS: &str = "/api/v1/status";
const TOKEN: &str = "0123456789abcdef";

#[tokio::test]
async fn a_name_of_another_site_that_points_here_is_refused() {
    let stage = Stage::start().await;
    for host in ["127.0.0.1:9", "localhost:9465", "localhost.", "[::1]", "weir.example:80", "WEIR.EXAMPLE"] {
        assert_eq!(stage.ask("GET", STATUS, &[("Host", host)]).await.status, 200, "{host}");
    }
    for host in
        ["evil.example", "evil.example:9465", "localhost.evil.example", "127.0.0.1.evil.example", "a b", ""]
    {
        for path in [STATUS, "/logs", "/assets/x.js"] {
            let answer = stage.ask("GET", path, &[("Host", host)]).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden_host"), "{host} {path}");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_site_gets_nothing_and_a_link_to_the_console_works() {
    let stage = Stage::start().await;
    let own = format!("http://{}", stage.address);
    for headers in [
        vec![("Origin", own.as_str())],
        vec![("Sec-Fetch-Site", "same-origin")],
        vec![("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")],
    ] {
        assert_eq!(stage.get_with(STATUS, &headers).await.status, 200, "{headers:?}");
    }
    for headers in [
        vec![("Origin", "https://evil.example")],
        vec![("Origin", "null")],
        vec![("Origin", "http://127.0.0.1:1")],
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site")],
        vec![("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")],
    ] {
        let answer = stage.get_with(STATUS, &headers).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden_origin"), "{headers:?}");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    let link = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")];
    assert_eq!(stage.get_with("/logs?q=x", &link).await.status, 200);
    let script = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")];
    assert_eq!(stage.get_with("/logs?q=x", &script).await.status, 403);
}

#[tokio::test]
async fn with_a_token_the_api_wants_it_in_a_header_or_in_the_cookie() {
    let stage = Stage::with_token(Some(TOKEN)).await;
    let name = format!("weir-token-{}", stage.address.port());
    let hex: String = TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect();
    let (right, wrong) = (format!("Bearer {TOKEN}"), format!("Bearer {}", "f".repeat(16)));
    let (cookie, other) = (format!("a=b; {name}={hex}"), format!("weir-token-1={hex}"));
    for headers in [("Authorization", right.as_str()), ("Cookie", cookie.as_str())] {
        assert_eq!(stage.get_with(STATUS, &[headers]).await.status, 200, "{headers:?}");
    }
    for headers in [
        ("X-Nothing", ""),
        ("Authorization", wrong.as_str()),
        ("Authorization", TOKEN),
        ("Authorization", "Bearer "),
        ("Cookie", other.as_str()),
    ] {
        let answer = stage.get_with(STATUS, &[headers]).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{headers:?}");
        assert!(!answer.body.contains(TOKEN));
    }
    assert_eq!(stage.get_with(&format!("{STATUS}?token={TOKEN}"), &[]).await.status, 401);
    assert_eq!(stage.get("/logs").await.status, 200, "the page itself needs none");
}

#[tokio::test]
async fn the_token_of_a_page_s_address_becomes_a_cookie_that_scripts_cannot_read() {
    let stage = Stage::with_token(Some(TOKEN)).await;
    let answer = stage.get(&format!("/logs?q=a%20b&token={TOKEN}&filter=x%3D1")).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/logs?q=a+b&filter=x%3D1"));
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap_or_default();
    assert_eq!(stage.get_with(STATUS, &[("Cookie", pair)]).await.status, 200);
    assert_eq!(stage.get("/logs?token=wrong").await.status, 401);
    let elsewhere = stage.get(&format!("//evil.example/?token={TOKEN}")).await;
    assert_eq!(elsewhere.header("location"), "/evil.example/");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_a_page_to_itself() {
    let stage = Stage::start().await;
    for path in [STATUS, "/", "/logs", "/no/such.file", "/api/v1/nothing", "/api", "/api/v1/logs?nonsense=1"]
    {
        let answer = stage.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
            "{path}: {policy}"
        );
        assert!(policy.contains("connect-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        if path.starts_with("/api") {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
    assert_eq!(stage.ask("GET", STATUS, &[("Host", "evil.example")]).await.header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn nothing_but_get_and_head_is_answered() {
    let stage = Stage::start().await;
    let host = stage.address.to_string();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = stage.ask(method, STATUS, &[("Host", &host)]).await;
        assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"), "{method}");
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }
    let head = stage.ask("HEAD", STATUS, &[("Host", &host)]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn markup_in_a_record_comes_out_as_json_text_and_nothing_else() {
    let stage = Stage::start().await;
    let markup = "</script><img src=x onerror=alert(1)>";
    stage.put_logs(&[markup.to_owned()]).await;
    let answer = stage.get("/api/v1/logs").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let page: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(page["records"][0]["message"], markup);
}

#[tokio::test]
async fn the_console_s_files_are_known_again_and_any_of_its_addresses_opens_it() {
    let stage = Stage::start().await;
    let page = stage.get("/traces/0707").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(
        !page.body.contains("<script>") && !page.body.contains("style="),
        "nothing is written into the page"
    );
    let again = stage.get_with("/", &[("If-None-Match", page.header("etag"))]).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let script = page.body.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a script");
    let answer = stage.get(script).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert!(answer.header("cache-control").contains("immutable"));
    for path in ["/assets/none.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/favicon.ico"] {
        assert_eq!(stage.get(path).await.status, 404, "{path}");
    }
}
