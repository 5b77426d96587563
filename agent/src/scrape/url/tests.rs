//! URLs as Prometheus builds them.

use std::collections::BTreeMap;

use super::build;

#[test]
fn a_url_is_put_together_from_a_target_s_parts() {
    let none = BTreeMap::new();
    assert_eq!(build("http", "a:80", "/metrics", &none), "http://a:80/metrics");
    assert_eq!(build("https", "[::1]:80", "", &none), "https://[::1]:80");
    assert_eq!(build("http", "a", "b/c d?e%f", &none), "http://a/b/c%20d%3Fe%25f");
}

#[test]
fn parameters_are_sorted_and_escaped() {
    let params = [("module", vec!["http 2xx", "b&c"]), ("a/b", vec!["\u{e9}"])];
    let params: BTreeMap<String, Vec<String>> = params
        .into_iter()
        .map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(build("http", "a", "/p", &params), "http://a/p?a%2Fb=%C3%A9&module=http+2xx&module=b%26c");
}
